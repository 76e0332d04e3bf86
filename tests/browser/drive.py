"""Answer a scenario with the keyboard alone: Tab to a control, then the keys it is known by."""

from __future__ import annotations

from singmuk.kinds import kinds

#: More Tab stops than any scenario has.
STOPS = 140


class Keyboard:
    """Walks through one scenario's card by Tab; never clicks, never sets the focus itself."""

    def __init__(self, page, name):
        self.page = page
        self.card = page.locator(f'div.singmuk-scenario[data-id="{name}"] article.singmuk')
        self.card.wait_for()
        # Begin where somebody who reads the page from the top would be: just before the card.
        page.evaluate(
            """(name) => {
              const place = document.querySelector(`div.singmuk-scenario[data-id="${name}"]`);
              const mark = document.createElement("span");
              mark.tabIndex = -1;
              place.before(mark);
              mark.focus();
            }""",
            name,
        )

    def focused(self, selector):
        return self.page.evaluate(
            """(selector) => document.activeElement.closest("article.singmuk")
              && document.activeElement.matches(selector)""",
            selector,
        )

    def to(self, selector):
        """Press Tab until what *selector* names has the focus, around the card once at most."""
        for _ in range(STOPS):
            if self.focused(selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {selector}")

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)

    def radio(self, selector, value):
        """Choose *value* in the radio group that *selector* names: Space takes the first, arrows move on."""
        values = self.card.locator(selector).evaluate_all("(inputs) => inputs.map((input) => input.value)")
        self.to(selector)
        self.press("Space")
        self.press("ArrowDown", values.index(value))

    def answer(self, scenario, response):
        ANSWERS[type(scenario).__name__](self, scenario, response)

    def check(self):
        self.to('[data-focus="check"]')
        self.press("Enter")


def _choose(keyboard, _scenario, response):
    keyboard.radio('[data-focus^="choice:"]', response)


def _select(keyboard, _scenario, response):
    values = keyboard.card.locator('[data-focus^="choice:"]').evaluate_all("(all) => all.map((one) => one.value)")
    for value in values:
        keyboard.to(f'[data-focus="choice:{value}"]')
        if value in response:
            keyboard.press("Space")


def _places(keyboard, _scenario, response):
    rows = keyboard.card.locator("[data-row] input").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('data-focus').split(':')[0])"
    )
    for row in dict.fromkeys(rows):
        keyboard.radio(f'[data-focus^="{row}:"]', response[row])


def _redact(keyboard, scenario, response):
    for piece in scenario.segments("en"):
        if isinstance(piece, dict):
            keyboard.to(f'[data-focus="span:{piece["span"]}"]')
            if piece["span"] in response:
                keyboard.press("Space")


def _order(keyboard, _scenario, response):
    for place, step in enumerate(response):
        # Upwards from wherever it stands; at the top the button only says so.
        shown = keyboard.card.locator('[data-focus^="up:"]').evaluate_all(
            "(all) => all.map((one) => one.getAttribute('data-focus').slice(3))"
        )
        moves = shown.index(step) - place
        if moves:
            keyboard.page.keyboard.press("Shift+Tab")
            for _ in range(STOPS):
                if keyboard.focused(f'[data-focus="up:{step}"]'):
                    break
                keyboard.page.keyboard.press("Tab" if moves else "Shift+Tab")
            keyboard.press("Enter", moves)
            _back(keyboard)
    if keyboard.card.locator('[data-focus="keep"]:visible').count():
        keyboard.to('[data-focus="keep"]')
        keyboard.press("Enter")


def _back(keyboard):
    """Go back with Shift+Tab to the first control of the list."""
    first = keyboard.card.locator("select[data-focus]").first.get_attribute("data-focus")
    for _ in range(STOPS):
        if keyboard.focused(f'[data-focus="{first}"]'):
            return
        keyboard.page.keyboard.press("Shift+Tab")


def _number(keyboard, _scenario, response):
    keyboard.to('[data-focus="figure"]')
    keyboard.page.keyboard.type(f"{response:g}")


def _branch(keyboard, _scenario, response):
    for step in response:
        keyboard.radio('[data-focus^="choice:"]', step)
        keyboard.to('[data-focus="go"]')
        keyboard.press("Enter")


def _write(keyboard, _scenario, response):
    keyboard.to('[data-focus="text"]')
    keyboard.page.keyboard.insert_text(response)


ANSWERS = {
    "Choose": _choose,
    "Select": _select,
    "Judge": _places,
    "Sort": _places,
    "Redact": _redact,
    "Order": _order,
    "Number": _number,
    "Branch": _branch,
    "Write": _write,
}
assert set(ANSWERS) == {cls.__name__ for cls in kinds().values()}, "a kind has no way to be answered by keyboard"
