import pytest
from pydantic import ValidationError

from explorer.arch.refusal import refusal
from explorer.arch.spec import ArchitectureSpec
from explorer.training.plan import Plan


@pytest.mark.parametrize(("model", "whole"), [(ArchitectureSpec, "spec"), (Plan, "plan")])
@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"colour": 3}, "colour", "There is no field colour."),
        ({1: 3}, "1", "1 cannot be"),
        ("no mapping", None, "cannot be 'no mapping'"),
    ],
)
def test_the_first_complaint_names_its_field(model, whole, values, field, says):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    why = refusal(caught.value, model, whole)
    assert why.field == (field or whole)
    assert says in why.message.format(field=why.field, **why.arguments)
    assert why.hint.format(field=why.field, **why.arguments)


def test_the_hint_is_the_fields_description():
    with pytest.raises(ValidationError) as caught:
        Plan.model_validate({"epochs": 0})
    why = refusal(caught.value, Plan, "plan")
    assert why.arguments["value"] == "0"
    assert why.hint.format(**why.arguments) == Plan.model_fields["epochs"].description


@pytest.mark.parametrize(
    ("typo", "says"),
    [
        ("shortcuts", "Did you mean shortcut?"),
        ("num_class", "Did you mean num_classes?"),
        ("stage_width", "Did you mean stage_widths?"),
        ("depth", "The fields are: block, "),
    ],
)
def test_a_misspelt_field_is_answered_with_the_nearest(typo, says):
    with pytest.raises(ValidationError) as caught:
        ArchitectureSpec.model_validate({typo: 3})
    why = refusal(caught.value, ArchitectureSpec, "spec")
    assert why.hint.format(field=why.field, **why.arguments).startswith(says)
