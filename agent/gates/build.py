"""Build: the patch applies to a clean base, compiles, and its compiled parts build."""

from __future__ import annotations

from hotloop.agent.gates.base import Trial, failed, passed
from hotloop.agent.state import GateResult
from hotloop.repos.patch import PatchError, touched_files
from hotloop.sandboxes.base import Limits

_COMPILE = "import sys\nfor name in sys.argv[1:]:\n    compile(open(name, 'rb').read(), name, 'exec')"


class BuildGate:
    """Makes the candidate's tree; the gates after it find it built."""

    name = "build"

    def check(self, trial: Trial) -> GateResult:
        try:
            trial.workshop.candidate_tree(trial.candidate.patch, trial.tree)
        except PatchError as error:
            return failed(self.name, f"the patch does not apply to base: {error}")
        failure = self._compile(trial) or trial.workshop.rebuild(trial.tree)
        return failed(self.name, failure) if failure else passed(self.name)

    def _compile(self, trial: Trial) -> str | None:
        sources = [
            path
            for path in touched_files(trial.candidate.patch)
            if path.endswith(".py") and (trial.tree / path).is_file()
        ]
        if not sources:
            return None
        with trial.workshop.sandbox(trial.tree) as sandbox:
            names = [str(sandbox.tree / path) for path in sources]
            done = sandbox.run(
                [sandbox.environment.python, "-I", "-S", "-c", _COMPILE, *names], limits=Limits(seconds=60)
            )
        return None if done.ok else " ".join(done.text().strip().splitlines()[-4:])[:800]
