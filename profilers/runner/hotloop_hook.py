"""Starts the recorder in the process that runs this file, which lies with it in a folder of the tree.

Runs beside target code: Python 3.9+, no dependencies.
"""

import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
NAME = "hotloop_record"


def start():
    """Once in a process, whichever of the watched modules comes first."""
    if NAME in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(NAME, os.path.join(HERE, NAME + ".py"))
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])
    with open(os.path.join(HERE, "config.json")) as file:
        config = json.load(file)
    config["functions"] = [[os.path.join(TREE, path), line] for path, line in config["functions"]]
    for name in ("calls", "index"):
        config[name] = os.path.join(HERE, config[name])
    sys.modules[NAME].begin(config)


start()
