# SPDX-License-Identifier: Apache-2.0
"""The command line tells everyone what happened, in words and by its exit code."""

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import daulat.cli
from daulat.cli import COMMANDS, Row, main
from daulat.cli.access import command as access
from daulat.errors import DaulatError


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "daulat", *arguments],
        capture_output=True, text=True, timeout=60, **options,
    )  # fmt: skip


def test_help_lists_every_command_and_imports_none():
    code = "import sys; from daulat.cli import main\ntry: main(['--help'])\nfinally: print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    for name, row in COMMANDS.items():
        assert name in done.stdout
        assert row.help in done.stdout
        assert f"'{row.module}'" not in done.stdout
    for heavy in ("numpy", "rich", "pydantic", "uvicorn"):
        assert f"'{heavy}'" not in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_row_of_the_table_leads_to_a_command(name):
    assert importlib.util.find_spec(COMMANDS[name].module), f"{COMMANDS[name].module} is in the table and not there"


def test_an_unknown_command_is_wrong_usage():
    done = run("rule")
    assert done.returncode == 2
    assert "No such command 'rule'" in done.stderr
    assert "Did you mean 'init'?" in run("ini").stderr


@pytest.fixture
def failing(monkeypatch):
    """Put a command into the table that does what the test says."""

    def install(action):
        @click.command("fail")
        @click.option("--json", is_flag=True)
        def command(json):
            action()

        module = type(sys)("failing_command")
        module.command = command
        monkeypatch.setitem(sys.modules, "failing_command", module)
        monkeypatch.setitem(daulat.cli.COMMANDS, "fail", Row("failing_command", "Fail."))

    return install


def raise_(error):
    raise error


ERROR = DaulatError("the port is taken", why="Nobody could come in.", fix="take another.", code="up.port_in_use")


def test_an_error_is_told_in_three_sentences_on_stderr(failing, capsys):
    failing(lambda: raise_(ERROR))
    with pytest.raises(SystemExit) as ended:
        main(["fail"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert [part in err for part in ("the port is taken", "Nobody could come in.", "take another.")] == [True] * 3


def test_with_json_an_error_is_data(failing, capsys):
    failing(lambda: raise_(ERROR))
    with pytest.raises(SystemExit):
        main(["fail", "--json"])
    assert json.loads(capsys.readouterr().out) == {"error": ERROR.as_dict()}


@pytest.mark.parametrize(
    ("words", "what", "path"),
    [
        (["fail", "--jsn", "--json"], "No such option", "daulat fail"),
        (["fail", "much", "--json"], "Got unexpected extra argument (much)", "daulat fail"),
        (["fial", "--json"], "No such command 'fial'", "daulat"),
    ],
)
def test_with_json_wrong_usage_is_data(failing, capsys, words, what, path):
    failing(lambda: None)
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert (ended.value.code, error["code"], err) == (2, "cli.usage", "")
    assert what in error["what"]
    assert f"`{path} --help`" in error["fix"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["nation", "check", "other.yaml"], "`--file other.yaml`"),
        (["doctor", "nations/xa.yml"], "`--file nations/xa.yml`"),
        (["plan", "other.yaml"], "`--nation other.yaml`"),
        (["nation", "check", "other.yaml", "--json"], "`--file other.yaml`"),
    ],
)
def test_a_declaration_without_its_option_is_told_which_it_is(capsys, words, meant):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert meant in "".join(capsys.readouterr())


def test_a_word_that_is_no_declaration_is_not_taken_for_one(capsys):
    with pytest.raises(SystemExit):
        main(["nation", "check", "other"])
    assert "--file" not in capsys.readouterr().err


def test_wrong_usage_that_is_told_back_commands_no_terminal(failing, capsys):
    failing(lambda: None)
    with pytest.raises(SystemExit):
        main(["fail", "\x1b[8mmuch\x9b"])
    assert "unexpected extra argument (much)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/srv/releases"), "/srv/releases: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "Free some space"),
    ],
)
def test_what_the_system_refuses_is_told_where_it_can_be_acted_on(failing, capsys, error, said):
    failing(lambda: raise_(error))
    with pytest.raises(SystemExit) as ended:
        main(["fail"])
    assert ended.value.code == 1
    assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["fail", "--json"])
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "cli.refused"


def test_what_nobody_could_act_on_keeps_its_trace(failing):
    failing(lambda: raise_(OSError("who knows")))
    with pytest.raises(OSError, match="who knows"):
        main(["fail"])


def test_an_interruption_ends_with_130_and_no_trace(failing, capsys):
    failing(lambda: raise_(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as ended:
        main(["fail"])
    assert ended.value.code == 130
    assert "Traceback" not in capsys.readouterr().err


TALKATIVE = """
import sys, types, click, daulat.cli
from daulat.cli._output import emit
module = types.ModuleType("many")
module.command = click.Command("many", callback=lambda: [emit("x" * 99) for _ in range(9999)])
sys.modules["many"] = module
daulat.cli.COMMANDS["many"] = daulat.cli.Row("many", "")
daulat.cli.main(["many"])
"""


def test_a_reader_that_leaves_the_pipe_causes_no_trace():
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", TALKATIVE], **pipe) as process:
        process.stdout.readline()
        process.stdout.close()
        talk = process.stderr.read()
    assert "Traceback" not in talk
    assert process.returncode != -signal.SIGPIPE


def test_no_colour_is_sent_where_none_is_wanted():
    done = run("status", "--url", "http://127.0.0.1:1", env=os.environ | {"NO_COLOR": "1"})
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("words", ["create moh/portal --expires-in", "rotate key_1 --overlap"])
@pytest.mark.parametrize("number", ["nan", "inf", "-1"])
def test_what_is_no_length_of_time_is_refused_as_usage(words, number):
    done = CliRunner().invoke(access, ["keys", *words.split(), number, "--json"])
    assert (done.exit_code, "Invalid value" in done.stderr) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads of a process as Linux tells them")
@pytest.mark.parametrize(("said", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, min(2, os.cpu_count() or 1))])
@pytest.mark.parametrize("command", ["up", "ask", "search", "bench"])
def test_what_answers_multiplies_in_one_thread_unless_somebody_says_otherwise(command, said, threads):
    code = (
        f"import os; from daulat.cli import daulat; daulat.get_command(None, '{command}')\n"
        "import numpy; numpy.ones((300, 300)) @ numpy.ones((300, 300)); print(len(os.listdir('/proc/self/task')))"
    )
    unsaid = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    asked = subprocess.run([sys.executable, "-c", code], env=unsaid | said, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == str(threads)
