"""Exeunt's side of `run.py`, loaded as `exeunt serve` loads itself."""

import runpy

from service.cli._node import prepare

if __name__ == "__main__":
    prepare()
    runpy.run_module("service.demo.bench", run_name="__main__")
