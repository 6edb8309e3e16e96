import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The work of eligibility's fact stream on Kafka Streams, exactly once: household's events to facts of each household,
 * kept in RocksDB and its changelog, and from these a decision for each programme that came out otherwise than before.
 *
 * It does less than what it is compared with: it opens no sealed block and asks for no key, its policies know a decile
 * and how many live in the household, and nothing of it can be asked by SQL.
 *
 * java EligibilityPeer CLIENT.properties STATE INPUT OUTPUT
 */
public final class EligibilityPeer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STORE = "facts";
    private static final String[] PROGRAMMES = {"bst", "pati_elderly", "pbi_jk", "pkh", "rice", "sembako"};
    private static final int[] DECILES = {4, 3, 5, 4, 3, 4};
    private static final String WORDS = "x".repeat(1_200); // as long as an explanation in two languages

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(Path.of(arguments[0]))) {
            properties.load(file);
        }
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-peer");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, arguments[1]);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put("auto.offset.reset", "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray()));
        builder.stream(arguments[2], Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .process(Decider::new, STORE)
            .to(arguments[3], Produced.with(Serdes.String(), Serdes.ByteArray()));
        KafkaStreams streams = new KafkaStreams(builder.build(), properties);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }

    private static final class Decider implements Processor<String, byte[], String, byte[]> {
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, byte[]> store;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            store = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                byte[] known = store.get(record.key());
                ObjectNode facts = known == null ? JSON.createObjectNode() : (ObjectNode) JSON.readTree(known);
                JsonNode told = JSON.readTree(record.value());
                fold(facts, type(record), told);
                for (int i = 0; i < PROGRAMMES.length; i++) {
                    decide(record, facts, i);
                }
                store.put(record.key(), JSON.writeValueAsBytes(facts));
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }

        private static String type(Record<String, byte[]> record) {
            Header header = record.headers().lastHeader("ce_type");
            return new String(header.value(), StandardCharsets.UTF_8);
        }

        private static void fold(ObjectNode facts, String type, JsonNode told) {
            if (type.equals("id.padan.household.proposed.v1")) {
                facts.put("state", "proposed");
                facts.set("members", told.get("members")); // sealed as they are: they are kept, not opened
            }
            if (told.has("decile")) {
                facts.set("decile", told.get("decile"));
            }
            if (told.has("regency")) {
                facts.set("regency", told.get("regency"));
            }
        }

        private void decide(Record<String, byte[]> record, ObjectNode facts, int index) throws IOException {
            JsonNode decile = facts.get("decile");
            String outcome = decile == null ? "undetermined"
                : decile.asInt() <= DECILES[index] && facts.path("members").size() > 0 ? "entitled" : "not_entitled";
            String mark = outcome + "/" + facts.path("state").asText() + "/" + facts.path("regency").asText();
            String before = "decided." + PROGRAMMES[index];
            if (mark.equals(facts.path(before).asText())) {
                return;
            }
            facts.put(before, mark);
            ObjectNode decided = JSON.createObjectNode();
            decided.put("household_id", record.key());
            decided.put("programme", PROGRAMMES[index]);
            decided.put("outcome", outcome);
            decided.set("state", facts.get("state"));
            decided.set("regency", facts.get("regency"));
            decided.put("explanation", WORDS);
            context.forward(record.withValue(JSON.writeValueAsBytes(decided)));
        }
    }
}
