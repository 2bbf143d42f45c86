"""Answers of models that think aloud: how they are asked, and how their answer reaches the reader without it.

DeepSeek-R1 writes its thoughts, `</think>`, and then the answer. The prompt opens the thoughts itself, as the model's
authors advise; text without an end of them is therefore thoughts only, cut off by the token limit.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import FOR_PARAMETERS, of_parameters

# The engine puts `inputs` into the body escaped as JSON; the line feed has to be so here.
PROMPT = "<｜begin▁of▁sentence｜><｜User｜>${parameters.inputs}<｜Assistant｜><think>\\n"
# The tokenizer of a text-generation container writes the beginning of the sentence itself.
CONTAINER_PROMPT = PROMPT.removeprefix("<｜begin▁of▁sentence｜>")

# ml-commons has an `escape` of its own, which leaves control characters and tabs as they are: no JSON then.
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
    """A Painless function that yields `completion` from the `place` that holds a text.

    It is a Painless expression over `params`, the model's JSON answer; a top-level array is `params.result`.
    """
    fallback = f"if (text == null) {{ text = {place}; }}"
    return (
        f"{_QUOTED}{_THOUGHTLESS}\ndef text = null;\n{fallback}\nif (text == null) {{ {_MISSING}; }}\n"
        'return \'{"name": "response", "dataAsMap": {"completion": \' + quoted(thoughtless(text, true)) + \'}}\';\n'
    )


def chat_message() -> str:
    """A Painless function for chat answers, which may think aloud within their content or not at all."""
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
    """DeepSeek-R1 behind `url`: `body` is sent with the `parameters`, and the answer is at the place `answers`."""
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
