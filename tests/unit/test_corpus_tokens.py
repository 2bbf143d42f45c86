"""An estimate of tokens is near to what a tokenizer counts, so that no model leaves out the end of a chunk."""

import pytest

from corpus.chunks import chunks, split
from corpus.document import Document
from corpus.tokens import MARKS, SURE, reach
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


def estimated(text: str) -> int:
    """The fewest tokens with which the estimate reaches the end of the text."""
    return next(tokens for tokens in range(MARKS + 1, 10_000) if reach(text, 0, len(text), tokens) == len(text))


@pytest.mark.parametrize("language", COUNTED)
def test_the_estimate_is_not_too_low_and_not_far_too_high(language: str) -> None:
    text, counted = COUNTED[language]
    assert counted <= estimated(text) - MARKS <= counted / SURE * 1.3 + 1


@pytest.mark.parametrize("language", COUNTED)
def test_every_chunk_is_read_whole_by_the_smallest_model(language: str) -> None:
    text, counted = COUNTED[language]
    pieces = split(" ".join([text] * 40), 1000, 256)
    # As many tokens a character as in the text.
    assert max(len(item) for item in pieces) * counted / len(text) <= 256 - MARKS
    assert min(len(item) for item in pieces) > 0.2 * max(len(item) for item in pieces)


def test_a_word_that_is_too_long_is_cut() -> None:
    chunks = split("x" * 5_000, 1000, 50)
    assert "".join(chunks) == "x" * 5_000
    assert max(map(len, chunks)) < 100


def test_a_short_text_of_many_tokens_is_cut_too() -> None:
    text = COUNTED["Chinese"][0] * 10
    document = Document("a", {"text": text}, "f", "a")
    assert len(chunks(document, "text", 1000, 256)) > 1 == len(chunks(document, "text", 1000))


@pytest.mark.parametrize("piece", ["word ", "漢", ".", "1", "x", "ä"])
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
    assert [model.chunk_tokens for model in models] == [256, 256, 512, 8192, 8191]
