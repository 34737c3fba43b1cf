"""The fields of a plan, in groups: each with its title, bounds, description and citation.

`training/plan.py` joins the groups to `Plan`; the training panel is generated from them. Imports pydantic,
never torch.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from explorer.arch.field import Fields, about
from explorer.arch.sources import HE_2015 as HE_2015_PAPER

OptimiserKind = Literal["sgd", "adamw", "adam", "rmsprop"]
Schedule = Literal["one-cycle", "cosine", "step", "paper", "constant"]
LossKind = Literal["cross-entropy", "binary"]
CropFill = Literal["reflect", "zero"]
NormalisationChoice = Literal["data", "start", "imagenet", "fixed"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]
LayoutChoice = Literal["auto", "yes", "no"]

HE_2015 = f"{HE_2015_PAPER}, section 4.2"
SMITH = "Smith and Topin 2017, arXiv 1708.07120"
SGDR = "Loshchilov and Hutter 2016, arXiv 1608.03983"
ADAMW = "Loshchilov and Hutter 2017, arXiv 1711.05101"
ADAM = "Kingma and Ba 2014, arXiv 1412.6980"
RMSPROP = "Tieleman and Hinton 2012, Coursera lecture 6.5"
SZEGEDY = "Szegedy et al. 2015, arXiv 1512.00567, section 7"
SUTSKEVER = "Sutskever et al. 2013, On the importance of initialization and momentum"
POLYAK = "Polyak and Juditsky 1992; Tarvainen and Valpola 2017, arXiv 1703.01780"
PASCANU = "Pascanu et al. 2012, arXiv 1211.5063"
CUTOUT = "DeVries and Taylor 2017, arXiv 1708.04552"
MIXUP = "Zhang et al. 2017, arXiv 1710.09412"
PRECHELT = "Prechelt 1998, Early stopping - but when?"
ULMFIT = "Howard and Ruder 2018, arXiv 1801.06146, section 3.2"
BEYER = "Beyer et al. 2020, arXiv 2006.07159; Wightman et al. 2021, arXiv 2110.00476"


class LengthFields(Fields):
    """How long, and how much at a time."""

    epochs: int = Field(
        default=30,
        ge=1,
        le=10_000,
        title="Epochs",
        description="How many times every training picture is shown.",
        json_schema_extra=about("Length", ""),
    )
    batch_size: int = Field(
        default=128,
        ge=1,
        le=65_536,
        title="Batch size",
        description="Pictures in one step. Larger is faster on a GPU and needs more memory.",
        json_schema_extra=about("Length", HE_2015),
    )
    early_stopping: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Early stopping",
        description="End after this many epochs without a better validation accuracy; 0 never does. "
        "It suits a constant rate: other schedules learn most at their end.",
        json_schema_extra=about("Length", PRECHELT),
    )


class OptimiserFields(Fields):
    """How a gradient becomes a step."""

    optimiser: OptimiserKind = Field(
        default="sgd",
        title="Optimiser",
        description="SGD follows the gradient. The others give each weight a step size of its own, and want "
        "learning rates about a hundred times smaller.",
        json_schema_extra=about(
            "Optimiser",
            f"{SUTSKEVER}; {ADAMW}; {ADAM}; {RMSPROP}",
            sgd="SGD",
            adamw="AdamW",
            adam="Adam",
            rmsprop="RMSprop",
        ),
    )
    learning_rate: float = Field(
        default=0.2,
        gt=0,
        le=100,
        title="Learning rate",
        description="The largest step size that the schedule reaches.",
        json_schema_extra=about("Optimiser", HE_2015),
    )
    momentum: float = Field(
        default=0.9,
        ge=0,
        lt=1,
        title="Momentum",
        description="The share of the last step that is carried into the next. For Adam and AdamW, the share "
        "of the running mean of gradients (beta 1).",
        json_schema_extra=about("Optimiser", f"{SUTSKEVER}; {ADAM}"),
    )
    nesterov: bool = Field(
        default=True,
        title="Nesterov",
        description="Look ahead along the momentum before stepping. Without momentum it does nothing.",
        json_schema_extra=about("Optimiser", SUTSKEVER),
    )
    beta2: float = Field(
        default=0.999,
        ge=0,
        lt=1,
        title="Beta 2",
        description="The share of the running mean of squared gradients that is kept at each step. "
        "Nearer to 1 is smoother and slower.",
        json_schema_extra=about("Optimiser", ADAM),
    )
    weight_decay: float = Field(
        default=5e-4,
        ge=0,
        le=1,
        title="Weight decay",
        description="The pull of weights towards zero; norms and biases are left out.",
        json_schema_extra=about("Optimiser", f"{HE_2015}; {ADAMW}"),
    )
    clip_norm: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        title="Gradient clipping",
        description="The largest length of all gradients together; longer ones are scaled down. 0 is off.",
        json_schema_extra=about("Optimiser", PASCANU),
    )
    ema: float = Field(
        default=0.0,
        ge=0,
        le=0.99999,
        title="Weight averaging",
        description="The share of the running mean of weights that is kept at each step, such as 0.999; 0 is "
        "off. The averaged weights are those that are tested and kept.",
        json_schema_extra=about("Optimiser", POLYAK),
    )


class ScheduleFields(Fields):
    """How the learning rate goes."""

    schedule: Schedule = Field(
        default="one-cycle",
        title="Schedule",
        description="How the learning rate changes from the first step to the last.",
        json_schema_extra=about(
            "Schedule",
            f"{SMITH}; {SGDR}; {HE_2015}",
            **{
                "one-cycle": "One cycle (up, then straight down to zero)",
                "cosine": "Cosine (down to zero)",
                "step": "Steps (divided by ten at milestones)",
                "paper": "Paper 2015 (divided by ten at 1/2 and 3/4)",
                "constant": "Constant",
            },
        ),
    )
    warm_up: float = Field(
        default=0.2,
        ge=0,
        le=0.9,
        title="Warm-up",
        description="The share of all steps in which the learning rate rises to its largest. The paper's "
        "schedule stays at a tenth instead, for at most 400 steps.",
        json_schema_extra=about("Schedule", f"{SMITH}; {HE_2015}"),
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        default=(0.5, 0.75),
        max_length=16,
        title="Milestones",
        description="Where the step schedule divides the learning rate by ten, as shares of all steps.",
        json_schema_extra=about("Schedule", HE_2015),
    )
    restarts: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(
        default=(),
        max_length=64,
        title="Restarts",
        description="Epochs after which the schedule begins anew; each stretch goes through all of "
        "it. A run that is trained on has one where it had ended.",
        json_schema_extra=about("Schedule", SGDR),
    )
    restart_rate: float = Field(
        default=0.5,
        gt=0,
        le=1,
        title="Restart rate",
        description="What the largest learning rate is multiplied by at each restart.",
        json_schema_extra=about("Schedule", SGDR),
    )


class LossFields(Fields):
    """What is made small."""

    loss: LossKind = Field(
        default="cross-entropy",
        title="Loss",
        description="Cross-entropy lets the classes compete. Two-sided binary asks of each class by itself: "
        "is it this one, or is it not?",
        json_schema_extra=about(
            "Loss", BEYER, **{"cross-entropy": "Cross-entropy", "binary": "Two-sided binary"}
        ),
    )
    label_smoothing: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        title="Label smoothing",
        description="The share of each target that is spread over all classes.",
        json_schema_extra=about("Loss", SZEGEDY),
    )


class DataFields(Fields):
    """Which pictures, and how they are changed before they are shown."""

    normalisation: NormalisationChoice = Field(
        default="data",
        title="Normalisation",
        description="What colours are centred and scaled with. Weights that were trained elsewhere want what "
        "they were trained with.",
        json_schema_extra=about(
            "Data",
            "Krizhevsky et al. 2012",
            data="The data's own mean and deviation",
            start="As the weights it starts from",
            imagenet="ImageNet's mean and deviation",
            fixed="Mean 0.5, deviation 0.5",
        ),
    )
    validation_share: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        title="Validation share",
        description="The share of each class's training pictures that is held out to judge each epoch; with "
        "0 the test pictures do that.",
        json_schema_extra=about("Data", HE_2015),
    )
    crop_padding: int = Field(
        default=4,
        ge=0,
        le=64,
        title="Crop padding",
        description="By how many pixels a training picture may be shifted each way; 0 is off.",
        json_schema_extra=about("Augmentation", HE_2015),
    )
    crop_fill: CropFill = Field(
        default="reflect",
        title="Crop fill",
        description="What a shifted picture shows beyond its edge: its reflection, or the mean colour.",
        json_schema_extra=about("Augmentation", HE_2015, reflect="Reflection", zero="Mean colour"),
    )
    flip: bool = Field(
        default=True,
        title="Flip",
        description="Mirror each picture in every other epoch. Not for digits: a mirrored 2 is no 2.",
        json_schema_extra=about("Augmentation", HE_2015),
    )
    cutout: int = Field(
        default=0,
        ge=0,
        le=512,
        title="Cutout",
        description="Side in pixels of a square that is blanked at a random place of each picture; 0 is off.",
        json_schema_extra=about("Augmentation", CUTOUT),
    )
    mixup: float = Field(
        default=0.0,
        ge=0,
        le=10,
        title="Mixup",
        description="Blend pictures and targets of two samples; a larger value (alpha) blends more evenly. "
        "0 is off.",
        json_schema_extra=about("Augmentation", MIXUP),
    )


class FineTuningFields(Fields):
    """How weights that already know something are treated."""

    freeze_epochs: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Frozen epochs",
        description="Epochs at the start in which only the head learns; all else stays as it was loaded.",
        json_schema_extra=about("Fine-tuning", ULMFIT),
    )
    backbone_rate: float = Field(
        default=1.0,
        gt=0,
        le=1,
        title="Backbone rate",
        description="What the learning rate of all but the head is multiplied by.",
        json_schema_extra=about("Fine-tuning", ULMFIT),
    )


class RunFields(Fields):
    """How the machine does it."""

    seed: int = Field(
        default=0,
        ge=0,
        lt=2**63,
        title="Seed",
        description="Fixes the first weights, the order of the pictures and their augmentation.",
        json_schema_extra=about("Run", ""),
    )
    precision: PrecisionChoice = Field(
        default="auto",
        title="Precision",
        description="Numbers used inside the network; auto measures which is faster on the device.",
        json_schema_extra=about("Run", "", auto="Auto (measured)"),
    )
    channels_last: LayoutChoice = Field(
        default="auto",
        title="Channels last",
        description="The order of numbers in memory; auto measures which is faster on the device.",
        json_schema_extra=about("Run", "", auto="Auto (measured)", yes="Yes", no="No"),
    )
    reproducible: bool = Field(
        default=False,
        title="Reproducible",
        description="On a GPU, use only operations that give the same bits each time, which is slower. "
        "On the CPU they always do for one number of threads: it is then not measured, but all are used.",
        json_schema_extra=about("Run", ""),
    )
