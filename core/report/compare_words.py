"""What a comparison says, in sentences to be filled."""

ALL_SIMULATED = "All runs are of simulated devices: nothing here says how a real one would do."
SOME_SIMULATED = "Some of the runs are of simulated devices: nothing here says how a real one would do."
UNLIKE_TASKS = "The runs are of different tasks or splits, so that their accuracies are not of the same thing."
SEVERAL_KEYS = "Besides seed and unit the runs differ in {keys}: no difference can be put down to one of them."
MEAN_OF_GROUP = "{name}: {mean} on average over {count} runs (95 % interval, Student's t)."
ABOVE, BELOW = "{points:.1f} points above {second}", "{points:.1f} points below {second}"
ONE_PAIR = "{first} is {relation} in the one pair there is; that says nothing about other seeds or units."
PAIRS = "{first} is on average {relation} over {count} pairs, 95 % interval {low:+.1f} to {high:+.1f}: {verdict}."
HOLDS_ZERO = "the interval holds 0, so that these runs do not show which of the two is better"
LEAVES_ZERO_OUT = "the interval leaves 0 out, so that chance between seeds and units is an unlikely reason"
TOO_FEW = (
    "With {used} pairs that differ, no rank or sign test can give less than p = {p:.3g}, however large the difference; "
    "more seeds would tell more."
)
NOT_CORRECTED = "{count} pairs of values are compared; the p values are not corrected for that."
ONE_SEED = "All pairs are of seed {number}: how others would do is not known."
ONE_UNIT = "All pairs are of unit {number}: how others would do is not known."
SAME_SAMPLES = (
    "On the same test samples {first} alone is right on {only_first} and {second} alone on {only_second} (McNemar, "
    "exact: p = {p:.3g}): {verdict}. This is about these two trained networks; another seed or unit may turn it round."
)
