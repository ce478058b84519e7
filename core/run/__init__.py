"""A run on disk: its experiment specification, its folder and its result.

`run.h5`, version 2 (`core.run.schema`); every group is optional, and every array has its unit where it has one:

    entry                 NXentry; attributes `result`, `provenance` (JSON), `start_time`, `end_time`
    entry/steps           NXdata, one row per optimiser step: the fields of the event StepDone
    entry/epochs          NXdata, one row per epoch: the fields of EpochDone
    entry/alignment       NXdata, one row per check of the twin's gradient: the numbers of AlignmentChecked, and of each
                          layer `cosine_0`, `low_0`, `high_0`, `gain_0`, …
    entry/calibration     NXdata, one row per report of the twin's fit: the fields of CalibrationPoint
    entry/system          drive_axis, response_axis; attributes: what the system is, labels and units
    entry/twin            drive, measured, predicted (shot, value): the fitted twin beside the last calibration shots
    entry/test            label, chosen (by the device), believed (by the twin): class numbers; attribute `classes`
    entry/examples        one test sample per class on its way: features, label, logits, drive and response
                          (sample, shot, value)
    entry/journal         the shots, see `core.run.journal`
"""
