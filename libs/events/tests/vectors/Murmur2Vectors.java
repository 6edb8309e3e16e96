import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.kafka.common.utils.Utils;

/** Prints "key hash partition" as Kafka's own client computes them; see README.md beside it. */
public class Murmur2Vectors {
    public static void main(String[] arguments) {
        String[] fixed = {"", "a", "ab", "abc", "abcd", "abcde", "pkh", "sembako", "é", "padan-0123456789"};
        for (String key : fixed) print(key);
        for (int i = 0; i < 190; i++) {
            print(UUID.nameUUIDFromBytes(("padan " + i).getBytes(StandardCharsets.UTF_8)).toString());
        }
    }

    private static void print(String key) {
        int hash = Utils.murmur2(key.getBytes(StandardCharsets.UTF_8));
        System.out.println(key + "\t" + hash + "\t" + Utils.toPositive(hash) % 24);
    }
}
