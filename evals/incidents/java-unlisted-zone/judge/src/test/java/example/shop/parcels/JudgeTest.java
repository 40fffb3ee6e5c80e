package example.shop.parcels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private final Quotes quotes = new Quotes(new Tariff());

    @Test
    void whatTheListLacksIsHome() {
        assertEquals(490, quotes.quote(List.of(new Parcel("P1", "41300", 500))));
        assertEquals(490 + 350, quotes.quote(List.of(new Parcel("P1", "70100", 20_000))));
    }

    @Test
    void theListStillCounts() {
        assertEquals(690, quotes.quote(List.of(new Parcel("P1", "87100", 500))));
        assertEquals(1490, quotes.quote(List.of(new Parcel("P1", "SE-1", 500))));
    }
}
