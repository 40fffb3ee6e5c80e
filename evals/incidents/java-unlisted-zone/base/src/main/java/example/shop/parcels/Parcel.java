package example.shop.parcels;

/** One parcel. */
public record Parcel(String number, String postcode, int grams) {
}
