package example.shop.parcels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class QuotesTest {
    private final Quotes quotes = new Quotes(new Tariff());

    @Test
    void parcelsCostWhatTheirZonesCost() {
        assertEquals(490 + 690, quotes.quote(List.of(new Parcel("P1", "00100", 500), new Parcel("P2", "99400", 500))));
    }

    @Test
    void heavyParcelsCostMore() {
        assertEquals(840, quotes.quote(List.of(new Parcel("P1", "00100", 12_000))));
    }
}
