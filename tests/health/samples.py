"""What a registry exports, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples_of(text: str) -> Samples:
    """Return every sample by its name and its labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Exported:
    """Asks for single samples."""

    def __init__(self, text: str) -> None:
        self.samples = samples_of(text)

    @classmethod
    def of(cls, registry: CollectorRegistry) -> "Exported":
        return cls(generate_latest(registry).decode())

    def value(self, name: str, **labels: str) -> float:
        """Return one sample; 0 if there is none."""
        return self.samples.get((name, tuple(sorted(labels.items()))), 0.0)

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of one label."""
        return {
            value
            for sample, labels in self.samples
            for key, value in labels
            if (sample, key) == (name, label)
        }
