"""Control text of families of models: the beginning or end of a turn, a tool call, or reasoning.

A tokenizer may turn such text into a special token even if it comes from a document. Sources: the chat templates in
the models' tokenizer_config.json files, https://huggingface.co/docs/transformers/chat_templating.
"""

# Every special token of ChatML, Llama 3 and 4, Phi, Command, GPT-OSS and Qwen begins with `<|`; DeepSeek's, with `<｜`.
CHATML, DEEPSEEK = ("<|",), ("<｜",)
REASONING = ("<think>", "</think>")
LLAMA_2 = ("<<SYS>>", "<</SYS>>", "[INST]", "[/INST]")
MISTRAL = (
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
)
GEMMA = ("<start_of_turn>", "<end_of_turn>")
SENTENCES = ("<s>", "</s>", "<bos>", "<eos>")
TOOLS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")

ALL = tuple(sorted({*CHATML, *DEEPSEEK, *REASONING, *LLAMA_2, *MISTRAL, *GEMMA, *SENTENCES, *TOOLS}))
