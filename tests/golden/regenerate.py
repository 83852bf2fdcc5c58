"""Write `golden.json` anew: `python tests/golden/regenerate.py`. See README.md for when that is legitimate."""

import json

from golden_runs import FILE, RUNS, remembered

if __name__ == "__main__":
    FILE.write_text(json.dumps({name: remembered(run()) for name, run in RUNS.items()}, indent=1) + "\n", "utf-8")
    print(FILE)
