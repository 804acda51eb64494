"""Draws each table of growth as an SVG: both axes logarithmic, a line for each figure."""
import math

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 176, 34, 40
COLOURS = ("#2563a8", "#b4570a", "#3d7a3d")
HEAD = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" \
font-family="system-ui, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
"""


def draw(rows, directory):
    """One file for each table of growth among these rows of a Table; returns their names."""
    names = []
    for section, figures in rows.items():
        if not section.startswith("growth: "):
            continue
        title = section.removeprefix("growth: ")
        names.append("growth-" + title.replace(" ", "-") + ".svg")
        (directory / names[-1]).write_text(chart(title, lines_of(figures)))
    return names


def lines_of(figures):
    lines = {}
    for row, values in figures.items():
        x, colon, name = row.partition(": ")
        if colon:
            lines.setdefault(name, []).append((int(x.replace(",", "")), values[0]))
    return lines


def chart(title, lines):
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    across = scale(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    low, high = 10 ** math.floor(math.log10(min(ys))), 10 ** math.ceil(math.log10(max(ys)))
    up = scale(low, high, HEIGHT - BOTTOM, TOP)
    parts = [HEAD, text(LEFT, 18, title, 'font-size="13" font-weight="600"')]
    parts += [grid_line(up(y), number(y)) for y in powers(low, high)]
    parts += [text(across(x), HEIGHT - BOTTOM + 18, number(x), 'text-anchor="middle" fill="#555"')
              for x in sorted(set(xs))]
    for (name, points), colour, y in zip(lines.items(), COLOURS, ends(lines, up)):
        parts.append(line([(across(x), up(value)) for x, value in points], colour))
        parts.append(text(WIDTH - RIGHT + 10, y + 4, f"{name}: {short(points[-1][1])}",
                          f'fill="{colour}"'))
    return "".join(parts) + "</svg>\n"


def scale(low, high, begin, end):
    span = math.log(high / low) or 1
    return lambda value: begin + (end - begin) * math.log(value / low) / span


def powers(low, high):
    return [10.0 ** n for n in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def ends(lines, up):
    """Where the names stand, so that none covers another."""
    wanted = [up(points[-1][1]) for points in lines.values()]
    placed = []
    for y in sorted(wanted):
        placed.append(max(y, placed[-1] + 14) if placed else y)
    return [placed[sorted(wanted).index(y)] for y in wanted]


def number(value):
    for size, name in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:g}{name}"
    return f"{value:g}"


def short(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def text(x, y, words, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{words}</text>\n'


def grid_line(y, label):
    return (f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>\n'
            + text(LEFT - 8, y + 4, label, 'text-anchor="end" fill="#555"'))


def line(points, colour):
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>\n' for x, y in points)
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>\n{dots}'
