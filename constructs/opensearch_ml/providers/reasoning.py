"""Models that write their reasoning into the answer: their prompts, and functions that remove the reasoning.

DeepSeek-R1 writes its reasoning, `</think>`, and then the answer. The prompt itself contains `<think>`, as the model's
authors advise. Text without `</think>` is therefore only reasoning that the token limit cut off.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import FOR_PARAMETERS, of_parameters

# The engine escapes `inputs` as JSON in the body; the line feed must be escaped here.
PROMPT = "<｜begin▁of▁sentence｜><｜User｜>${parameters.inputs}<｜Assistant｜><think>\\n"
# The tokenizer of a text-generation container adds the begin-of-sentence token itself.
CONTAINER_PROMPT = PROMPT.removeprefix("<｜begin▁of▁sentence｜>")

# The `escape` of ml-commons leaves control characters and tabs as they are, and the result is not valid JSON.
_QUOTED = r"""
String quoted(String text) {
  StringBuilder json = new StringBuilder();
  for (int i = 0; i < text.length(); i++) {
    char one = text.charAt(i);
    if (one == (char) 34 || one == (char) 92) {
      json.append((char) 92).append(one);
    } else if (one < (char) 32) {
      json.append((char) 92).append('u00').append(one < (char) 16 ? '0' : '1').append(Integer.toHexString(one & 15));
    } else {
      json.append(one);
    }
  }
  return '"' + json.toString() + '"';
}
"""
_THOUGHTLESS = """
String thoughtless(String text, boolean opened) {
  int end = text.lastIndexOf('</think>');
  if (end >= 0) {
    text = text.substring(end + 8);
  } else if (opened) {
    throw new IllegalArgumentException('The model used all of its tokens to think: raise max_tokens.');
  }
  int again = text.indexOf('<think>');
  text = (again < 0 ? text : text.substring(0, again)).trim();
  if (text.isEmpty()) {
    throw new IllegalArgumentException('The model gave no answer: raise max_tokens.');
  }
  return text;
}
"""
_MISSING = "throw new IllegalArgumentException('The model answered in another shape than the connector expects.')"


def completion_of(place: str) -> str:
    """A Painless function that returns `completion` from `place`, the part of the answer that contains the text.

    `place` is a Painless expression over `params`, the model's JSON answer; a top-level array is `params.result`.
    """
    fallback = f"if (text == null) {{ text = {place}; }}"
    return (
        f"{_QUOTED}{_THOUGHTLESS}\ndef text = null;\n{fallback}\nif (text == null) {{ {_MISSING}; }}\n"
        'return \'{"name": "response", "dataAsMap": {"completion": \' + quoted(thoughtless(text, true)) + \'}}\';\n'
    )


def chat_message() -> str:
    """A Painless function for chat answers, whose content may or may not contain reasoning."""
    return (
        f"{_QUOTED}{_THOUGHTLESS}\ndef text = params.choices?.get(0)?.message?.content;\n"
        f"if (text == null) {{ {_MISSING}; }}\n"
        'return \'{"name": "response", "dataAsMap": {"choices": [{"message": {"role": "assistant", "content": \' + '
        "quoted(thoughtless(text, false)) + '}}]}}';\n"
    )


def reasoning_provider(
    *,
    name: str,
    region: str,
    service: str,
    url: str,
    body: str,
    parameters: Mapping[str, str],
    answers: str,
    invoke: iam.PolicyStatement,
    connect_seconds: int,
    read_seconds: int,
    headers: Mapping[str, str] | None = None,
) -> Provider:
    """The provider for DeepSeek-R1 at `url`: it sends `body` with the `parameters`, and the text is at `answers`."""
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": url,
        "headers": {"content-type": "application/json", **(headers or {})},
        **of_parameters(body, parameters),
        "post_process_function": completion_of(answers),
    }
    return Provider(
        name=name,
        connector={
            "protocol": "aws_sigv4",
            "parameters": {"region": region, "service_name": service, **parameters, **FOR_PARAMETERS},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        statements=(invoke,),
        probe={"parameters": {"inputs": "Answer with the one word ready."}},
        llm_model="bedrock/deepseek-r1",
    )
