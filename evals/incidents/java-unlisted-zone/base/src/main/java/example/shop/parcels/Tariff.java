package example.shop.parcels;

/** What sending costs. */
public final class Tariff {
    private static final int HEAVY_GRAMS = 10_000;
    private static final int HEAVY_CENTS = 350;

    public int price(Parcel parcel) {
        Zone zone = Zones.of(parcel.postcode());
        int cents = zone.cents();
        return parcel.grams() > HEAVY_GRAMS ? cents + HEAVY_CENTS : cents;
    }
}
