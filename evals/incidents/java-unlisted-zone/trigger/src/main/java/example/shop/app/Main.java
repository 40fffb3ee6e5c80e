package example.shop.app;

import example.shop.parcels.Parcel;
import example.shop.parcels.Quotes;
import example.shop.parcels.Tariff;
import java.util.List;

public final class Main {
    public static void main(String[] words) {
        Quotes quotes = new Quotes(new Tariff());
        System.out.println(quotes.quote(List.of(new Parcel("P71", "00100", 900), new Parcel("P72", "41300", 300))));
    }
}
