package example.shop.parcels;

/** Where a parcel goes, by what it costs to go there. */
public enum Zone {
    HOME(490),
    NORTH(690),
    ABROAD(1490);

    private final int cents;

    Zone(int cents) {
        this.cents = cents;
    }

    public int cents() {
        return cents;
    }
}
