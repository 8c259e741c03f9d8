"""Put on the import path as `sitecustomize.py`, beside a `config.json`: records calls in that process.

Whatever the environment itself has under that name runs after it.
Runs beside target code: Python 3.9+, no dependencies.
"""

import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def start():
    with open(os.path.join(HERE, "config.json")) as file:
        config = json.load(file)
    spec = importlib.util.spec_from_file_location("hotloop_record", config["recorder"])
    recorder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recorder)
    recorder.begin(config)


def give_way():
    """Leave the path, and let the environment's own module of this name run."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    sys.modules.pop("sitecustomize", None)
    spec = importlib.util.find_spec("sitecustomize")
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


start()
give_way()
