"""Runs with the Python of checkov's own environment; prints what it finds in the templates of a folder, as JSON."""

import json
import sys
from pathlib import Path

from checkov.cloudformation.runner import Runner
from checkov.runner_filter import RunnerFilter


def main(folder: Path) -> int:
    """Print [template, rule, type, logical id] of each finding, without any network access."""
    files = sorted(str(file) for file in folder.glob("*.json"))
    chosen = RunnerFilter(framework=["cloudformation"], show_progress_bar=False)
    report = Runner().run(root_folder=None, files=files, runner_filter=chosen)
    if report.parsing_errors or not report.passed_checks:
        print(f"checkov cannot read {report.parsing_errors or files}.", file=sys.stderr)
        return 1
    findings = [
        [Path(check.file_path).stem, check.check_id, *check.resource.split(".", 1)] for check in report.failed_checks
    ]
    print(json.dumps(findings))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
