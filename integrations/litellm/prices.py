"""What models cost. A model whose price nobody knows is not asked: no budget could bound it.

litellm's price list is read as it is: asking litellm about a model makes network calls for some
providers, and answers zero for what it does not know.
https://docs.litellm.ai/docs/completion/token_usage
"""

from integrations.litellm.library import load_litellm
from suture.domain.value import Value
from suture.errors import SettingsError
from suture.model_settings import ModelSettings

MILLION = 1_000_000


class Price(Value):
    """Dollars per million tokens."""

    input_usd_per_million: float
    output_usd_per_million: float
    listed: bool = False
    """Whether it is litellm's list price."""

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """Return what so many tokens cost, in dollars."""
        cost = input_tokens * self.input_usd_per_million
        return (cost + output_tokens * self.output_usd_per_million) / MILLION


def price_of(model: str, settings: ModelSettings) -> Price:
    """Return the price that a budget can count with.

    The operator's word counts where litellm knows no price, and for a server of their own. Zero
    is a price only if the operator says so. A recorded session asks nobody.

    Raises:
        SettingsError: nobody knows a price; it says how to give one.
    """
    if settings.replay is not None:
        return Price(input_usd_per_million=0.0, output_usd_per_million=0.0)
    said = _said(settings)
    listed = None if said and settings.api_base else _listed(model)
    price = listed or said
    if price is None:
        raise SettingsError(
            f"The price of {model} is not known, so no budget could bound what it costs."
            " Set model.input_usd_per_million and model.output_usd_per_million;"
            " both 0 for a local model that is free."
        )
    return price


def _said(settings: ModelSettings) -> Price | None:
    given_in, given_out = settings.input_usd_per_million, settings.output_usd_per_million
    if given_in is None or given_out is None:
        return None
    return Price(input_usd_per_million=given_in, output_usd_per_million=given_out)


def _listed(model: str) -> Price | None:
    litellm = load_litellm()
    try:
        name, provider, _, _ = litellm.get_llm_provider(model)
    # litellm raises its own and bare exceptions for names that it cannot place.
    except Exception:  # noqa: BLE001 -- see above
        name, provider = model, ""
    for key in (model, f"{provider}/{name}", name):
        entry = litellm.model_cost.get(key) or {}
        # A bare name may be another vendor's model: variants such as bedrock_converse are the same.
        if not str(entry.get("litellm_provider")).startswith(provider):
            continue
        cost_in, cost_out = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
        if cost_in is not None and cost_out is not None and cost_in + cost_out > 0:
            return Price(
                input_usd_per_million=cost_in * MILLION,
                output_usd_per_million=cost_out * MILLION,
                listed=True,
            )
    return None
