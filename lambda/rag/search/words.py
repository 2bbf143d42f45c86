"""The words of a question, as many as the engine takes in a query by words."""

from unicodedata import east_asian_width

# The engine refuses a search of more than 1,024 clauses (`indices.query.bool.max_clause_count`). Each word is one for
# each field that it is looked for in; the other clauses are those of filters.
MOST_WORDS = 800


def last_words(text: str, most: int = MOST_WORDS) -> str:
    """The end of `text` with at most `most` words. The newest question of a conversation is at the end.

    The engine's analyzers make each character of Chinese and Japanese a word, so a question may have very many. Signs
    are counted, too, because some of them are words.
    """
    counted, inside = 0, False
    for at in range(len(text) - 1, -1, -1):
        character = text[at]
        joins = character.isalnum() and east_asian_width(character) not in "WF"
        if not character.isspace() and not (joins and inside):
            counted += 1
            if counted > most:
                return text[at + 1 :]
        inside = joins
    return text
