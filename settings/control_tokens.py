"""Text that a family of models reads as control: the beginning or end of a turn, a tool call, or reasoning.

A tokenizer may turn such text into its special token although it comes from a document. Sources: the chat templates of
the models' tokenizer_config.json files, https://huggingface.co/docs/transformers/chat_templating.
"""

# `<|` begins every special token of ChatML, Llama 3 and 4, Phi, Command, GPT-OSS and Qwen; `<｜` those of DeepSeek.
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
