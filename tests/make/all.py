#!/usr/bin/env python3
"""Writes every message of rules/casebook/ and tests/clean/ anew, into the tree, or where MAKE_TO says."""

import os
import runpy

HERE = os.path.dirname(os.path.abspath(__file__))

for name in ["casebook", "lists", "incidents", "clean"]:
    runpy.run_path(os.path.join(HERE, name + ".py"), run_name="__main__")
