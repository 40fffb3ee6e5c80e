package example.shop.parcels;

/** Tells the zone of a postcode. */
public final class Zones {
    private Zones() {
    }

    public static Zone of(String postcode) {
        if (!postcode.matches("\\d{5}")) {
            return Zone.ABROAD;
        }
        return postcode.compareTo("90000") >= 0 ? Zone.NORTH : Zone.HOME;
    }
}
