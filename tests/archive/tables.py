"""The rows that events should be, worked out from what `peer-observer-archive cat --format json` prints. Knows no table: only the rules of docs/tables.md."""

import re
import sqlite3

KEY = ("node", "publisher_id", "sequence")
ENVELOPE = {*KEY, "parent_position", "position", "timestamp_ns", "pid", "process_start_ms"}
REPEATED = ("direction", "peer_id", "host", "port", "mapped_as", "connection_type")
MASK = 2**64 - 1


class Database:
    def __init__(self, path):
        self.connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        names = [name for name, in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                 if not name.startswith(("sqlite_", "export"))]
        self.types = {name: dict(self.connection.execute(f"SELECT name, type FROM pragma_table_info('{name}')")) for name in names}

    def rows(self, table):
        """Without NULLs, comparable."""
        cursor = self.connection.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        return [{name: self.comparable(table, name, value) for name, value in zip(names, row) if value is not None} for row in cursor]

    def comparable(self, table, column, value):
        """A value of the database, or of JSON."""
        kind = self.types[table][column]
        if kind == "INTEGER":
            return (int(value, 16) if isinstance(value, str) else int(value)) & MASK
        if kind == "REAL":
            return float(value)
        if isinstance(value, bytes):
            return value.decode() if kind == "ANY" and is_utf8(value) else value.hex()
        return str(value)


def is_utf8(value):
    try:
        value.decode()
        return True
    except UnicodeDecodeError:
        return False


def split_address(address):
    match = re.fullmatch(r"(?:\[([^\]]*:[^\]]*)\]|([^:\[]*)):(0|[1-9]\d{0,4})", address)
    if not match or int(match[3]) > 65535:
        return {"host": address}
    return {"host": match[1] or match[2], "port": int(match[3])}


class Expected:
    def __init__(self, database):
        self.database = database
        self.rows = {table: [] for table in database.types}

    def add(self, event):
        if event["kind"] == "missed":
            return
        key = {"node": event["node"], "publisher_id": event["publisher"], "sequence": event["sequence"]}
        common = key | {"timestamp_ns": event["timestamp_ns"]}
        context, _, arm = event["kind"].partition(".")
        table, holder = event["kind"].replace(".", "_"), arm or context
        row = common | {"pid": event["pid"], "process_start_ms": event.get("process_start_ms", 0)}
        if table in ("message_inbound", "message_outbound"):
            table = "message"
            row["direction"] = arm
        for position, value in enumerate(event.get("unreadable_arguments", [])):
            self.put("event_unreadable_arguments", common | {"position": position, "value": value})
        later = []
        self.fields(table, row, "", holder, event["event"], later, ())
        self.put(table, row)
        self.root = row
        while later:
            later.pop(0)(later)

    def put(self, table, row):
        self.rows[table].append({name: self.database.comparable(table, name, value) for name, value in row.items()})

    def common(self, table, positions):
        row = {name: self.root[name] for name in (*KEY, "timestamp_ns", *REPEATED) if name in self.root}
        if len(positions) == 2:
            row["parent_position"] = positions[0]
        if positions:
            row["position"] = positions[-1]
        return row

    def column(self, table, row, prefix, holder, name):
        types = self.database.types[table]
        full = prefix + name
        root_types = self.database.types.get("message" if table.startswith("message") else "", {})
        taken = full in ENVELOPE or "position" in types and full in REPEATED and full in root_types
        return f"{holder}_{full}" if taken and f"{holder}_{full}" in types else full

    def fields(self, table, row, prefix, holder, content, later, positions):
        types = self.database.types[table]
        for name, value in content.items():
            column = self.column(table, row, prefix, holder, name)
            if name.endswith("_hex") and name[:-4] in content and column not in types:
                base = self.column(table, row, prefix, holder, name[:-4])
                if base in types:
                    row[base] = bytes.fromhex(value)
                continue
            if name == "address" and isinstance(value, str) and column not in types:
                row |= {prefix + part: of for part, of in split_address(value).items()}
            elif isinstance(value, dict) and column in types:  # one of several messages
                (arm, inner), = value.items() or [("", None)]
                row[column] = arm
                if inner:
                    later.append(lambda later, arm=arm, inner=inner: self.arm(f"{table}_{prefix}{arm}", arm, inner, later, positions))
            elif isinstance(value, dict) and f"{table}_{prefix}{name}" in self.database.types:  # a map
                exact = content.get(name + "_hex")
                assert exact is None
                items = [("key", key, item) for key, item in sorted(value.items(), key=lambda pair: pair[0].encode())]
                later.append(lambda later, name=name, items=items: self.items(f"{table}_{prefix}{name}", name, items, later, positions))
            elif isinstance(value, dict):
                self.fields(table, row, f"{prefix}{name}_", holder, value, later, positions)
            elif isinstance(value, list):
                exact = content.get(name + "_hex")
                items = [(None, None, bytes.fromhex(exact[i]) if exact else item) for i, item in enumerate(value)]
                later.append(lambda later, name=name, items=items: self.items(f"{table}_{prefix}{name}", name, items, later, positions))
            elif value is not None:
                row[column] = value

    def arm(self, table, holder, content, later, positions):
        if table in self.database.types:
            row = self.common(table, positions)
            self.fields(table, row, "", holder, content, later, positions)
            self.put(table, row)
        else:  # nothing but lists
            assert all(isinstance(value, list) for value in content.values()), table
            for name, value in content.items():
                items = [(None, None, item) for item in value]
                later.append(lambda later, name=name, items=items: self.items(f"{table}_{name}", name, items, later, positions))

    def items(self, table, holder, items, later, positions):
        for position, (key_name, key, item) in enumerate(items):
            row = self.common(table, (*positions, position))
            if key_name:
                row[key_name] = key
            if isinstance(item, dict):
                self.fields(table, row, "", holder, item, later, (*positions, position))
            else:
                row["value"] = item
            self.put(table, row)


def compare(path, events):
    """Asserts that the database has the rows of these events, and no others but losses. Returns how many, by table."""
    database = Database(path)
    expected = Expected(database)
    for event in events:
        expected.add(event)

    def sorted_rows(rows):
        return sorted(rows, key=lambda row: [row[name] for name in KEY] + [row.get("parent_position", 0), row.get("position", 0)])

    for table, rows in expected.rows.items():
        if table != "losses":
            found = sorted_rows(database.rows(table))
            wanted = sorted_rows(rows)
            assert len(found) == len(wanted), f"{table}: {len(found)} rows, not {len(wanted)}"
            for is_there, should_be in zip(found, wanted):
                assert is_there == should_be, table
    return {table: len(rows) for table, rows in expected.rows.items() if rows}
