"""The figures, and how they are shown."""
import statistics


class Table:
    def __init__(self):
        self.rows = {}

    def add(self, section, name, value):
        self.rows.setdefault(section, {}).setdefault(name, []).append(value)

    def median(self, section, name):
        return statistics.median(self.rows[section][name])

    def print(self):
        for section, rows in self.rows.items():
            print(f"\n{section}")
            for name, values in rows.items():
                print(f"  {name:46} {statistics.median(values):12,.2f}   "
                      f"{min(values):,.2f} … {max(values):,.2f}  (n {len(values)})")


def ratio(table, section, one, other):
    table.add(section, f"{one.split(',')[0]} / {other.split(',')[0]}",
              table.median(section, one) / table.median(section, other))


def add_quantiles(table, section, name, microseconds):
    values = sorted(microseconds)
    for share in (50, 99):
        table.add(section, f"{name}, p{share}", values[len(values) * share // 100] / 1000)
