"""Tokens are counted like all-MiniLM's tokenizer counts them, so that the model reads every chunk to its end."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from corpus.chunks import chunks, split
from corpus.document import Document
from corpus.tokens import MARKS, count, reach
from sandbox.cache import cache_directory
from sandbox.models.weights import TOKENIZER, weights_directory
from settings.embedding import COUNTED as COUNTED_MODELS
from settings.embedding import OPEN_MODELS, OPEN_TOKENS
from settings.embedding.cohere import CohereEmbedding
from settings.embedding.openai import OpenAiEmbedding
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.embedding.titan import TitanEmbedding
from settings.secret import Secret
from tests.unit.growth import grows_in_proportion

# Counted by the tokenizer of all-MiniLM-L6-v2, without its two marks.
COUNTED = {
    "English": (
        "Employees are granted thirty days of paid leave a year. Requests are m"
        "ade two months ahead, in writing, to the head of the department, who a"
        "nswers within two weeks.",
        34,
    ),
    "German": (
        "Die Übertragung nicht genommener Urlaubstage auf das folgende Kalender"
        "jahr ist nur statthaft, wenn dringende betriebliche Gründe dies rechtf"
        "ertigen; Reisekostenabrechnungen sind spätestens vier Wochen nach Rück"
        "kehr einzureichen.",
        81,
    ),
    "French": (
        "Les salariés bénéficient de cinq semaines de congés payés par an. Les "
        "demandes doivent être présentées au moins deux mois à l'avance.",
        41,
    ),
    "Finnish": (
        "Työntekijällä on oikeus kahdenkymmenenviiden päivän vuosilomaan. Matka"
        "laskut on toimitettava neljän viikon kuluessa paluusta.",
        50,
    ),
    "Chinese": (
        "员工每年享有二十五天带薪假期。请假申请必须至少提前两个月向直属主管提出。",
        36,
    ),
    "Japanese": (
        "従業員は毎年二十五日の有給休暇を取得する権利があります。",
        28,
    ),
    "Korean": (
        "직원은 연간 이십오 일의 유급 휴가를 사용할 수 있습니다.",
        51,
    ),
    "Russian": (
        "Сотрудники имеют право на ежегодный оплачиваемый отпуск продолжительностью двадцать восемь календарных дней.",
        97,
    ),
    "Arabic": (
        "يحق للموظفين الحصول على إجازة سنوية مدفوعة الأجر مدتها خمسة وعشرون يوما.",
        61,
    ),
    "figures": (
        "North;1,234,567.89;2,345,678.90;3,456,789.01\n2023-11-28;17.45;-0.003;192.168.0.1",
        53,
    ),
    "code": (
        "def chunks(document: Document, text_field: str, most: int) -> list[Document]:\n    return [document]",
        29,
    ),
    "address": (
        "https://docs.example.com/a/b/c?x=1&y=2#z",
        26,
    ),
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """The tokenizer of all-MiniLM, as in the local cloud."""
    made = Tokenizer.from_file(str(weights_directory(cache_directory()) / TOKENIZER))
    made.no_truncation()
    made.no_padding()
    return made


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    real: list[str] = tokenizer.encode(text, add_special_tokens=False).tokens
    return real


@pytest.mark.parametrize("language", COUNTED)
def test_the_count_is_that_of_the_tokenizer(language: str, tokenizer: Tokenizer) -> None:
    text, counted = COUNTED[language]
    real = pieces(tokenizer, text)
    assert len(real) == counted
    # In a Korean word with a letter that BERT does not have, every letter counts.
    assert count(text) == counted or (count(text) > counted and "[UNK]" in real)


# The characters that a property draws: letters with and without case and accents, digits, marks, ideographs, and all
# types of spaces and invisible characters.
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
WORDS = st.lists(
    st.text(st.sampled_from("aeinrstlkmäöüßéèçñøåčşığžłőățâîêôà0123456789"), min_size=1, max_size=25), max_size=40
).map(" ".join)
MIXED = st.lists(st.one_of(st.sampled_from([text for text, _ in COUNTED.values()]), WORDS, ANYTHING), max_size=4).map(
    "".join
)


@given(text=MIXED)
def test_no_text_has_more_tokens_than_are_counted(tokenizer: Tokenizer, text: str) -> None:
    """The counts are equal if the tokenizer knows all characters, and they are as old as its tables."""
    real, counted = pieces(tokenizer, text), count(text)
    assert len(real) <= counted
    is_old = all(unicodedata.ucd_3_2_0.category(character) == unicodedata.category(character) for character in text)
    if is_old and "[" not in text and all(len(word) <= 100 for word in text.split()) and not grown(text):
        assert "[UNK]" in real or len(real) == counted


def grown(text: str) -> bool:
    """Whether a character that is not part of a word decomposes into two, such as a mark with an accent."""
    marks = (character for character in text if unicodedata.category(character)[0] in "PSZ" or character.isspace())
    return any(
        unicodedata.normalize("NFD", character) != character for character in text if not character.isalnum()
    ) or any(unicodedata.normalize("NFD", character) != character for character in marks)


def test_no_character_has_more_tokens_than_are_counted(tokenizer: Tokenizer) -> None:
    for start in (*range(0x20, 0x3000, 2), *range(0x3000, 0x20000, 97), *range(0x20000, sys.maxunicode, 997)):
        if not 0xD800 <= start <= 0xDFFF:
            for text in (chr(start), f"a{chr(start)}b"):
                assert len(pieces(tokenizer, text)) <= count(text), hex(start)


@given(text=MIXED, tokens=st.integers(8, 60))
def test_no_chunk_has_more_tokens_than_are_allowed(tokenizer: Tokenizer, text: str, tokens: int) -> None:
    for chunk in split(text, 1000, tokens):
        assert len(pieces(tokenizer, chunk)) <= tokens - MARKS


def test_a_chunk_has_as_many_tokens_as_fit() -> None:
    text = "leave " * 1000
    assert reach(text, 0, len(text), 52) == 50 * len("leave ")
    assert reach(text, 6, 60, 52) == 60


@pytest.mark.parametrize("language", COUNTED)
def test_every_chunk_is_read_whole_by_the_smallest_model(language: str, tokenizer: Tokenizer) -> None:
    real = split(" ".join([COUNTED[language][0]] * 40), 1000, 256)
    assert max(len(pieces(tokenizer, chunk)) for chunk in real) <= 256 - MARKS
    assert min(map(len, real)) > 0.2 * max(map(len, real))


def test_soft_hyphens_and_accents_do_not_count(tokenizer: Tokenizer) -> None:
    assert count("Urlaubs\xadtage") == count("Urlaubstage") == len(pieces(tokenizer, "Urlaubs\xadtage"))
    assert count("re\u0301sume\u0301") == count("résumé") == count("resume") == 1


def test_a_word_that_is_too_long_is_cut() -> None:
    chunks = split("x" * 5_000, 1000, 50)
    assert "".join(chunks) == "x" * 5_000
    assert max(map(len, chunks)) < 100


def test_a_short_text_of_many_tokens_is_cut_too() -> None:
    text = COUNTED["Chinese"][0] * 10
    document = Document("a", {"text": text}, "f", "a")
    assert len(chunks(document, "text", 1000, 256)) > 1 == len(chunks(document, "text", 1000))


@pytest.mark.parametrize("piece", ["word ", "漢", ".", "1", "x", "ä"])
@pytest.mark.thorough
def test_the_time_grows_as_the_text_does(piece: str) -> None:
    def make(size: int) -> str:
        return piece * (size // len(piece))

    assert grows_in_proportion(lambda text: split(text, 1000, 256), make, 8_000)


def test_every_model_says_how_much_it_reads() -> None:
    assert OPEN_TOKENS.keys() == OPEN_MODELS.keys()
    models = [
        SageMakerEmbedding(dimension=384),
        SageMakerEmbedding(dimension=384, endpoint="ours", model="somebody/own-model"),
        CohereEmbedding(dimension=1024),
        TitanEmbedding(dimension=1024),
        OpenAiEmbedding(dimension=1536, secret=Secret(name="osml/key")),
    ]
    # A tenth is reserved for models that count tokens with another vocabulary.
    assert [model.chunk_tokens for model in models] == [256, 230, 460, 7372, 7371]
    assert OPEN_TOKENS.keys() - COUNTED_MODELS == {"intfloat/multilingual-e5-large"}
