"""Sphinx settings. `make docs` builds with warnings as errors."""

import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]  # of `tables`, and of `tools`

project = "coachcore"
author = "The coachcore authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "tables"]
html_theme = "furo"
html_title = "coachcore"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
suppress_warnings = ["myst.header"]
nitpicky = False
