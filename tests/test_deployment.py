"""deploy/ by the linters of those who run it, and what every container has to be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from fmqa.apps.cli.main import app
from fmqa.settings import Settings

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[1] / "deploy"
K8S = DEPLOY / "k8s"
KUBERNETES = "1.33"
LINT = "{extends: default, rules: {line-length: {max: 130}, document-start: disable}}"

if not DEPLOY.is_dir():
    pytest.skip("deploy comes with the checkout", allow_module_level=True)


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def manifests() -> list[dict[str, Any]]:
    paths = sorted(K8S.glob("*.yaml"))
    found = [one for path in paths for one in yaml.safe_load_all(path.read_text("utf-8"))]
    return [one for one in found if one["kind"] != "Kustomization"]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for one in manifests():
        spec = one.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield one["metadata"]["name"], spec["template"]["spec"]


def commands() -> Iterator[list[str]]:
    """Each fmqa that is started, with its options."""
    for service in compose()["services"].values():
        line = service.get("command")
        if line and line[0] == "sh":
            yield from (re.split(r"\s+", one) for one in re.findall(r"fmqa [a-z ]+", line[2]))
        elif line:
            yield [str(word) for word in line]
    for _, pod in pods():
        for container in pod["containers"]:
            if container["image"] == "fmqa":
                yield container["command"]


def test_yaml_is_as_yamllint_wants_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", "-d", LINT, str(DEPLOY)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout


def test_compose_is_as_its_specification_wants_it() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]
    ended = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout


def test_manifests_are_as_kubernetes_wants_them() -> None:
    import kubernetes_validate

    for one in manifests():
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_the_kustomization_takes_all_manifests() -> None:
    held = yaml.safe_load((K8S / "kustomization.yaml").read_text("utf-8"))
    assert {*held["resources"], "kustomization.yaml"} == {path.name for path in K8S.iterdir()}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl")
def test_kustomize_builds_it() -> None:
    ended = subprocess.run(
        ["kubectl", "kustomize", str(K8S)], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list(yaml.safe_load_all(ended.stdout))) == len(manifests()) + 1


def test_nginx_takes_its_configuration(nginx: str, tmp_path: Path) -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = re.sub(r"app-\d:7860", "127.0.0.1:7860", text).replace("/tmp/", f"{tmp_path}/")
    conf = tmp_path / "nginx.conf"
    conf.write_text(text, "utf-8")
    ended = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(conf)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def test_no_container_is_root_or_writes_to_its_image() -> None:
    for name, service in compose()["services"].items():
        assert service["user"].split(":")[0] not in ("", "0", "root"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
    for name, pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            held = container["securityContext"]
            assert held["readOnlyRootFilesystem"] is True, name
            assert held["allowPrivilegeEscalation"] is False, name
            assert held["capabilities"] == {"drop": ["ALL"]}, name


def test_what_listens_says_whether_it_lives() -> None:
    for name, service in compose()["services"].items():
        assert "healthcheck" in service or name in ("worker", "sync"), name
    for name, pod in pods():
        for container in pod["containers"]:
            if "ports" in container:
                assert {"readinessProbe", "livenessProbe"} <= container.keys(), name


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = (DEPLOY / "compose.yaml").read_text("utf-8")
    told += "".join(path.read_text("utf-8") for path in K8S.glob("*.yaml"))
    assert "POSTGRES_PASSWORD:" not in told
    assert "FMQA_DATABASE_URL:" not in told
    (tmp_path / "fmqa_database_url").write_text("postgresql://u:secret@postgres/fmqa\n")
    monkeypatch.setenv("FMQA_SECRETS_DIR", str(tmp_path))
    assert Settings().database_url == "postgresql://u:secret@postgres/fmqa"
    monkeypatch.setenv("FMQA_DATABASE_URL", "postgresql://another")
    assert Settings().database_url == "postgresql://another"


def test_every_setting_and_command_is_one_of_the_program() -> None:
    told = (DEPLOY / "compose.yaml").read_text("utf-8")
    told += (K8S / "kustomization.yaml").read_text("utf-8") + (K8S / "app.yaml").read_text("utf-8")
    named = {name.lower() for name in re.findall(r"^\s*(?:- )?FMQA_([A-Z_]+)[:=]", told, re.M)}
    assert named - {"secrets_dir"} <= set(Settings.model_fields)
    for program, *words in commands():
        assert program == "fmqa"
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        names = [word for word in words[:2] if re.fullmatch("[a-z]+", word)]
        asked = CliRunner().invoke(app, [*names, "--help"])
        assert asked.exit_code == 0, words
        for option in options:
            assert option in asked.output, (words, option)
