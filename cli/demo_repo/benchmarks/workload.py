"""Index a shelf of essays, then answer a morning's queries."""

import random

import lectern

SUBJECTS = (
    "winter garden harbour lantern orchard railway cathedral printing glass weather market station "
    "kitchen window painting library mountain engine compass bridge novel machine festival harvest "
    "letter journey measure carpenter telescope archive paper river manuscript valley clock theatre"
).split()
ACTIONS = (
    "building keeping painting mending crossing printing gathering measured restored collected "
    "described repeated forgotten travelled recorded borrowed copied observed planted argued"
).split()
FILLERS = (
    "the of and to in that was his he with which as for her had at by on not from she were their "
    "this they would been some when there very than them then only could so our such after should"
).split()
AUTHORS = ("Woolf", "Hazlitt", "Lamb", "Orwell", "Chesterton", "Didion", "Baldwin")


def sentence(draw: random.Random) -> str:
    words = []
    for _ in range(draw.randint(9, 16)):
        roll = draw.random()
        if roll < 0.5:
            words.append(draw.choice(FILLERS))
        elif roll < 0.65:
            words.append(draw.choice(ACTIONS))
        else:
            words.append(draw.choice(SUBJECTS) + draw.choice(("", "", "s")))
    return " ".join(words).capitalize() + "."


def misspelt(draw: random.Random, word: str) -> str:
    at = draw.randrange(len(word))
    return word[:at] + draw.choice("aeiorstn") + word[at + draw.randint(0, 1) :]


def setup(seed):
    draw = random.Random(seed)
    names = [f"essay-{number:02}" for number in range(18)]
    shelf = []
    for name in names:
        text = "\n\n".join(" ".join(sentence(draw) for _ in range(2)) for _ in range(3))
        fields = {
            "author": draw.choice(AUTHORS),
            "tags": draw.sample(SUBJECTS, 3),
            "place": draw.choice(("London", "Paris", "unknown", "-")),
        }
        shelf.append(lectern.Document(name, text, fields, tuple(draw.sample(names, 4))))
    queries = []
    for _ in range(3):
        one, two, three = draw.sample(SUBJECTS, 3)
        queries.append(f"{one} {two} {draw.choice(ACTIONS)}")
        queries.append(f"{one} {two[:3]}* -{three}")
        queries.append(f"{three} author:{draw.choice(AUTHORS)} {one}")
    return shelf, queries, [misspelt(draw, draw.choice(SUBJECTS)) for _ in range(6)]


def workload(state):
    shelf, queries, words = state
    index = lectern.Index(shelf)
    answers = []
    for text in queries:
        hits = lectern.search(index, lectern.parse(text), limit=4)
        answers.append([(hit.name, hit.score) for hit in hits])
        answers.append(lectern.page(index, hits))
    return answers, [lectern.suggest(index, word) for word in words]
