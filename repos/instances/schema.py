"""One task of an evaluation: what is to be made faster, who did it before, and how both are tried."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION: Literal[1] = 1

# Ids name folders and images, so they hold nothing that either could take for more.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}\^?$")]
"""A hash, or with ^ its first parent, as GSO writes base commits."""
Package = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$")]
Release = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]{0,63}$")]
Texts = tuple[str, ...]


class Strict(BaseModel):
    """Unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class GitSource(Strict):
    """url: of a repository to clone, or a local path to one."""

    kind: Literal["git"]
    url: str = Field(min_length=1, max_length=2000)


class PypiSource(Strict):
    """A released version: base is its wheel; its tests are those of its source distribution."""

    kind: Literal["pypi"]
    package: Package
    version: Release


class PatchExpert(Strict):
    """The instance's `patch`."""

    kind: Literal["patch"]


class CommitExpert(Strict):
    """A commit of the source's repository."""

    kind: Literal["commit"]
    commit: Commit


class PypiExpert(Strict):
    """A later version of the source's package."""

    kind: Literal["pypi"]
    version: Release


Source = Annotated[GitSource | PypiSource, Field(discriminator="kind")]
Expert = Annotated[PatchExpert | CommitExpert | PypiExpert, Field(discriminator="kind")]


class Instance(Strict):
    """One line of a dataset. A superset of SWE-fficiency's fields, with its names and SWE-bench's.

    Exactly one of `workload`, `tests` and `efficiency_test` says what is timed.
    """

    schema_version: Literal[1]
    instance_id: Id
    repo: str = Field(min_length=1, max_length=400)
    """The repository as "owner/name", or the package."""
    source: Source
    expert: Expert
    base_commit: Commit | None = None
    """Of a git source; a released version has none."""
    patch: str = ""
    """The expert's patch, as far as it is known; the expert itself where `expert` says so."""
    test_patch: str = ""
    """Changes of the tests that came with it."""

    workload: str = ""
    """A Python file: Hotloop's `setup` and `workload`, or SWE-fficiency's script."""
    tests: Texts = ()
    """GSO's scripts, each a Python file that times and checks one case."""
    efficiency_test: Texts = ()
    """SWE-Perf's tests, by pytest's ids, that are timed themselves."""

    test_cmd: str = ""
    """Runs the tests; the ids to run are appended. Found from the repository when empty."""
    rebuild_cmd: str = ""
    """Rebuilds compiled parts after a patch."""
    PASS_TO_PASS: Texts = ()
    """Tests that must still pass."""
    FAIL_TO_PASS: Texts = ()
    covering_tests: Texts = ()
    """Test files that run the lines that the expert changed."""
    single_thread_tests: Texts = ()
    """Those of them that cannot run beside others."""

    python: str | None = None
    """The interpreter's version, such as "3.11"."""
    env: Texts = ()
    """Requirements to install beside the package: what the workload and the tests import."""
    image_name: str | None = None
    """A Docker image with the repository built at base."""
    setup_commands: Texts = ()
    """GSO's, before the repository is there."""
    install_commands: Texts = ()
    """GSO's, in the repository."""

    version: str = ""
    created_at: str = ""
    environment_setup_commit: str = ""
    problem_statement: str = ""
    hints_text: str = ""
    speedup: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """The expert's, as it was published. It is measured again wherever it counts."""
    notes: str = ""
    origin: str = ""
    """Where the instance comes from: a format that was imported, or who wrote it."""
    extra: dict[str, Any] = {}
    """What the original holds besides; nothing here reads it."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        timed = [name for name in ("workload", "tests", "efficiency_test") if getattr(self, name)]
        if len(timed) != 1:
            raise ValueError(
                f"one of workload, tests and efficiency_test is timed, not {' and '.join(timed) or 'none'}"
            )
        if (self.base_commit is None) != isinstance(self.source, PypiSource):
            raise ValueError("a git source has a base_commit, and a pypi source has none")
        self._check_expert()
        return self

    def _check_expert(self) -> None:
        if isinstance(self.expert, PatchExpert) and not self.patch.strip():
            raise ValueError("the expert is the patch, and the patch is empty")
        if isinstance(self.expert, CommitExpert) and isinstance(self.source, PypiSource):
            raise ValueError("a commit can be the expert of a git source only")
        if isinstance(self.expert, PypiExpert) and not isinstance(self.source, PypiSource):
            raise ValueError("a release can be the expert of a pypi source only")
