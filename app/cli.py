"""The command line. Engine and torch are imported inside the verbs, so that `--help` is instant."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from app import cli_calibrate, cli_devices, cli_runs
from app.terminal import EXIT_FAILED, EXIT_INTERRUPTED, Json, one_line_errors, print_result, say

cli = typer.Typer(
    help="Train physical systems as neural networks. Without arguments a window opens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
meta = typer.Typer(help="Meta-gradients with TorchOpt.", no_args_is_help=True)
cli.add_typer(meta, name="meta")
cli.add_typer(cli_runs.verbs)
cli.add_typer(cli_devices.verbs)
cli.add_typer(cli_calibrate.verbs)


def command_line() -> None:
    """Run the command line and exit with its code."""
    try:
        code = cli(prog_name="overtone", standalone_mode=False)
    except TyperException as error:
        reason = " ".join(error.format_message().split()).rstrip(".")  # empty where the help has been printed instead
        if reason:
            say(f"overtone: {reason}. See overtone --help.")
        code = error.exit_code
    except typer.Abort:
        code = EXIT_INTERRUPTED
    sys.exit(code)


@cli.command()
def run(
    source: Annotated[str, typer.Argument(metavar="PRESET|SPEC.toml", help="A preset's name or a TOML file.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any key of the specification.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of split, noise, initial values and order.")] = None,
    twin: Annotated[
        Path | None,
        typer.Option(help="Begin with the twin in this file, saved by a calibration, in place of a fit."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder that holds the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Train a physical neural network without a window."""
    with one_line_errors():
        from core.run.spec import load_experiment

        overrides = [*(settings or []), *([] if seed is None else [f"seed={seed}"])]
        if twin is not None:
            overrides += ["calibration.twin=saved", f"calibration.file={json.dumps(str(twin), ensure_ascii=False)}"]
        experiment = load_experiment(source, overrides)
        from app.compose import make_job
        from app.console import follow

        _, job = make_job(experiment, out)
        raise typer.Exit(follow(job, as_json=as_json))


@cli.command()
def resume(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of an interrupted run.")],
    as_json: Json = False,
) -> None:
    """Go on with an interrupted run; the result is that of a run that was not interrupted."""
    with one_line_errors():
        from app.compose import make_resumption
        from app.console import follow

        _, job = make_resumption(folder)
        raise typer.Exit(follow(job, as_json=as_json))


@cli.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    serial_number: Annotated[int | None, typer.Option(help="Measure another unit than the trained one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the measurement's noise.")] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Measure it with drift, on other units, with more noise and less bits.")
    ] = False,
    test_samples: Annotated[
        int | None, typer.Option(min=1, help="With --robustness: how many test samples to draw (1000).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --robustness: folder of robustness.json; the run's own without it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a trained network's test accuracy again, on the same or on another unit, or on a changed one."""
    if robustness:
        if serial_number is not None:
            raise typer.BadParameter("it measures other units anyway.", param_hint="--robustness --serial-number")
        _write_robustness(folder, seed, test_samples, out or folder, as_json)
        return
    if test_samples is not None or out is not None:
        raise typer.BadParameter("they go with --robustness only.", param_hint="--test-samples and --out")
    with one_line_errors():
        from app.compose import evaluate_run

        result = evaluate_run(folder, serial_number=serial_number, seed=seed)
    low, high = result["test_interval95"]
    say(
        f"{result['preset']} on unit {result['serial_number']}: {result['test_accuracy']:.1%} "
        f"[{low:.1%}, {high:.1%}] of {result['test_count']} test samples"
    )
    print_result(result, as_json)


def _write_robustness(folder: Path, seed: int | None, test_samples: int | None, out: Path, as_json: bool) -> None:
    with one_line_errors():
        from rich.console import Console

        from app.robustness import card_table, measure_run
        from core.run.robustness import TEST_SAMPLES
        from core.run.robustness_card import write_card

        card = measure_run(folder, seed=seed, test_samples=test_samples or TEST_SAMPLES, report=say)
        file = write_card(card, out)
        Console(stderr=True, highlight=False).print(card_table(card))
        say(f"{card.device_passes:,} device passes, {card.wall_s:.1f} s. Saved in {file}")
    print_result(card.model_dump(mode="json"), as_json)


@cli.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, finished or not.")],
    formats: Annotated[str, typer.Option("--format", help="Comma-separated.")] = "html,pdf,csv,json",
    out: Annotated[Path | None, typer.Option(help="Folder of the report; the run's own without it.")] = None,
    as_json: Json = False,
) -> None:
    """Write a run's report: a web page, pages to print, its tables and its data."""
    with one_line_errors():
        from core.report.make import make_report, parse_formats

        files = make_report(folder, parse_formats(formats), out)
    for file in files:
        say(str(file))
    print_result({"files": [str(file) for file in files]}, as_json)


@cli.command()
def sweep(
    sources: Annotated[list[str], typer.Argument(metavar="PRESET|SPEC.toml...", help="Presets' names or TOML files.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set any key of the specification.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, each on a unit of its own.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    first_unit: Annotated[int, typer.Option(min=0, help="The first serial number.")] = 101,
    estimators: Annotated[str, typer.Option(help="Comma-separated.")] = "pat,in_silico,ideal",
    over: Annotated[str, typer.Option(metavar="KEY=V1,V2,...", help="Repeat all for each value of a key.")] = "",
    figure: Annotated[Path | None, typer.Option(help="Draw accuracy against these values: .svg, .pdf, .png.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Runs at a time.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder that holds the runs.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Repeat a run over seeds, units and estimators; end with the table of means and intervals."""
    with one_line_errors():
        from app.sweep import draw, run_sweep, split_over
        from core.report.sweep_figure import check_figure

        if figure is not None:
            split_over(over)  # what it draws accuracy against
            check_figure(figure)
        names = [name.strip() for name in estimators.split(",") if name.strip()]
        units = [(first_seed + index, first_unit + index) for index in range(seeds)]
        table = run_sweep(sources, settings or [], units, names, processes=processes, out=out, report=say, over=over)
        if figure is not None:
            draw(table.summary, figure)
    say(table.text)
    print_result(table.summary, as_json)


@cli.command()
def tables(
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    first_unit: Annotated[int, typer.Option(min=0, help="The first serial number.")] = 101,
    processes: Annotated[int, typer.Option(min=1, help="Runs at a time.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder that holds the runs; what it holds already is not run again.")] = (
        Path("runs") / "tables"
    ),
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file, between its marks.")] = None,
    as_json: Json = False,
) -> None:
    """Measure every preset on all its data, PAT and in silico, and make the README's table of results."""
    with one_line_errors():
        from app.tables import make_tables, replace_table

        table = make_tables(first_seed=first_seed, first_unit=first_unit, processes=processes, out=out, report=say)
        if readme is not None:
            replace_table(readme, table.text)
    say(table.text)
    print_result(table.summary, as_json)


@cli.command()
def presets() -> None:
    """List the bundled presets."""
    with one_line_errors():
        from core.run.spec import load_experiment, preset_names

        for name in preset_names():
            print(f"{name:18} {load_experiment(name).title}")


@cli.command()
def doctor(
    folder: Annotated[Path | None, typer.Argument(metavar="RUN", help="A run to look at; else the computer.")] = None,
    out: Annotated[Path | None, typer.Option(help="Copy what can be read of the run into this folder.")] = None,
    as_json: Json = False,
) -> None:
    """Check versions, drivers, data and system libraries, or the files of a run, and say what to do."""
    if folder is None:
        if out is not None:
            raise typer.BadParameter("it saves what is left of a run, and no RUN is named.", param_hint="--out")
        from app.doctor import examine

        checks = examine()
    else:
        with one_line_errors():
            from app.doctor import examine_folder

            checks = examine_folder(folder, out)
    width = max(len(check.subject) for check in checks)
    for check in checks:
        say(f"{'ok  ' if check.ok else 'note'} {check.subject:{width}}  {check.finding}")
    print_result({check.subject: {"ok": check.ok, "finding": check.finding} for check in checks}, as_json)


@cli.command()
def bench(
    name: Annotated[str | None, typer.Argument(help="One benchmark; all but soak without a name.")] = None,
    minutes: Annotated[float, typer.Option(min=1, help="How long the soak of the window lasts.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list of results as JSON.")] = False,
) -> None:
    """Measure speed against rivals and limits: ratios of one run, each checked for correctness first."""
    with one_line_errors():
        from app.bench.run import run_benchmarks

        rows = run_benchmarks(name, say, minutes)
    if as_json:
        print(json.dumps(rows), flush=True)


@meta.command("check")
def meta_check(as_json: Json = False) -> None:
    """Compare TorchOpt's meta-gradient with the closed form, plain and through a physical layer."""
    from core.meta.check import check_meta_gradients

    results = check_meta_gradients()
    say("L_in = a0 x², a1 = a0 - η x², L_out = a1 x²; ∂L_out/∂x = -4 η x³ + 2 a0 x at a0 = 1, x = 2, η = 1")
    for item in results:
        say(f"{item.optimiser:20} {item.layer:9} computed {item.computed:+.6f}   analytic {item.analytic:+.6f}")
    wrong = [item for item in results if abs(item.computed - item.analytic) > 1e-9 * abs(item.analytic)]
    print_result({"results": [vars(item) for item in results], "ok": not wrong}, as_json)
    if wrong:
        say("overtone: the computed meta-gradient differs from the closed form; check the TorchOpt version.")
        raise typer.Exit(EXIT_FAILED)
