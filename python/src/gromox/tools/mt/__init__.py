"""What the importers and exporters have in common: sources, the stream on a pipe, the report.

Decisions not to break:

* One object that cannot be converted is skipped and told; it never ends a run.
* Nothing is held but the object at hand; large frames of a pipe wait in a temporary file.
* Standard output is for the stream alone; people are told on standard error.

Spec: reference/system/cli.md, "Data pipeline convention".
"""
