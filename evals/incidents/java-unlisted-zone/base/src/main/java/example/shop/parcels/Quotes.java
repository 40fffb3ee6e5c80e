package example.shop.parcels;

import java.util.List;

/** Answers what a delivery costs. */
public final class Quotes {
    private final Tariff tariff;

    public Quotes(Tariff tariff) {
        this.tariff = tariff;
    }

    public int quote(List<Parcel> parcels) {
        try {
            return parcels.stream().mapToInt(tariff::price).sum();
        } catch (RuntimeException error) {
            throw new IllegalStateException("no quote for " + parcels.size() + " parcels", error);
        }
    }
}
