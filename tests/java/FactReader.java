import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;

/**
 * Reads Padan's facts from the first record or from where it stopped, each event once and in order, up to what the
 * topics hold when it starts.
 *
 * java FactReader CLIENT.properties SCHEMAS PLACE.json LEDGER.tsv MOST, where CLIENT.properties holds bootstrap.servers
 * and the login, SCHEMAS is a folder of JSON Schemas, PLACE.json keeps how far it came, LEDGER.tsv stands for what you do
 * with an event, and MOST bounds the records of this run. Prints a summary as JSON.
 */
public final class FactReader {
    private static final List<String> TOPICS =
        List.of("household.events.v1", "eligibility.events.v1", "programme.events.v1");
    private static final List<String> ATTRIBUTES = List.of(
        "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_shard", "ce_pos", "ce_correlationid",
        "ce_actor", "content-type");
    private static final int SHARDS = 24;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** How far a shard was read: the position of its last event, and Kafka's offset behind that record. */
    private record Place(long pos, long offset) {}

    private final Map<TopicPartition, Place> places = new HashMap<>();
    private final Map<String, JsonNode> schemas = new HashMap<>();
    private final Map<String, Long> byType = new TreeMap<>();
    private long events;
    private long repeats;

    public static void main(String[] arguments) throws IOException {
        Properties properties = new Properties();
        try (InputStream file = Files.newInputStream(Path.of(arguments[0]))) {
            properties.load(file);
        }
        properties.put("enable.auto.commit", "false");
        properties.remove("group.id"); // it shares its shards with nobody and keeps its place itself
        FactReader reader = new FactReader();
        reader.readSchemas(Path.of(arguments[1]));
        Path place = Path.of(arguments[2]);
        reader.readPlaces(place);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            reader.read(consumer, Path.of(arguments[3]), place, Long.parseLong(arguments[4]));
        }
        System.out.println(JSON.writeValueAsString(reader.summary()));
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer, Path ledger, Path place, long most) throws IOException {
        List<TopicPartition> shards = new ArrayList<>();
        for (String topic : TOPICS) {
            if (consumer.partitionsFor(topic).size() != SHARDS) {
                throw new IllegalStateException(topic + " must have " + SHARDS + " partitions");
            }
            for (int shard = 0; shard < SHARDS; shard++) {
                shards.add(new TopicPartition(topic, shard));
            }
        }
        consumer.assign(shards);
        shards.forEach(shard -> consumer.seek(shard, at(shard).offset()));
        Map<TopicPartition, Long> ends = consumer.endOffsets(shards);
        while (events < most && shards.stream().anyMatch(shard -> consumer.position(shard) < ends.get(shard))) {
            List<String> lines = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                if (events < most) {
                    take(record, lines);
                }
            }
            // With a database, do both in one transaction: then a crash neither repeats nor loses anything.
            Files.write(ledger, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            savePlaces(place);
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record, List<String> lines) throws IOException {
        Map<String, String> attributes = new HashMap<>();
        for (Header header : record.headers()) {
            attributes.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        for (String name : ATTRIBUTES) {
            require(attributes.containsKey(name), record, "has no " + name);
        }
        String key = new String(record.key(), StandardCharsets.UTF_8);
        int hash = Utils.toPositive(Utils.murmur2(key.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8)));
        require(Integer.parseInt(attributes.get("ce_shard")) == record.partition(), record, "is in another shard");
        require(hash % SHARDS == record.partition(), record, "has a key of another shard");

        TopicPartition shard = new TopicPartition(record.topic(), record.partition());
        long pos = Long.parseLong(attributes.get("ce_pos"));
        Place place = at(shard);
        if (pos <= place.pos()) { // seen before: the sender began again
            repeats++;
            places.put(shard, new Place(place.pos(), record.offset() + 1));
            return;
        }
        if (pos > place.pos() + 1) { // a hole: the sender sends all of it again, in order; this one comes once more
            return;
        }
        JsonNode data = JSON.readTree(record.value());
        checkRequired(record, schemas.get(attributes.get("ce_type")), data);
        lines.add(String.join("\t", record.topic(), "" + record.partition(), "" + pos, attributes.get("ce_id"), key));
        byType.merge(attributes.get("ce_type"), 1L, Long::sum);
        places.put(shard, new Place(pos, record.offset() + 1));
        events++;
    }

    private void checkRequired(ConsumerRecord<byte[], byte[]> record, JsonNode schema, JsonNode data) {
        if (schema == null) { // a type that came after this program: of no meaning to it, and no error
            return;
        }
        String name = schema.get("$ref").asText().substring("#/$defs/".length());
        for (JsonNode field : schema.get("$defs").get(name).path("required")) {
            require(data.hasNonNull(field.asText()), record, "lacks " + field.asText());
        }
    }

    private static void require(boolean holds, ConsumerRecord<byte[], byte[]> record, String otherwise) {
        if (!holds) {
            String where = record.topic() + "/" + record.partition() + " at offset " + record.offset();
            throw new IllegalStateException("the record of " + where + " " + otherwise);
        }
    }

    private Place at(TopicPartition shard) {
        return places.getOrDefault(shard, new Place(0, 0));
    }

    private void readSchemas(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                JsonNode schema = JSON.readTree(file.toFile());
                schemas.put(schema.get("title").asText(), schema);
            }
        }
    }

    private void readPlaces(Path file) throws IOException {
        if (Files.exists(file)) {
            for (JsonNode shard : JSON.readTree(file.toFile())) {
                places.put(
                    new TopicPartition(shard.get("topic").asText(), shard.get("shard").asInt()),
                    new Place(shard.get("pos").asLong(), shard.get("offset").asLong()));
            }
        }
    }

    private void savePlaces(Path file) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        try (BufferedWriter writer = Files.newBufferedWriter(draft)) {
            writer.write(JSON.writeValueAsString(places.entrySet().stream().map(FactReader::placeOf).toList()));
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Map<String, Object> placeOf(Map.Entry<TopicPartition, Place> entry) {
        TopicPartition shard = entry.getKey();
        Place place = entry.getValue();
        return Map.of(
            "topic", shard.topic(), "shard", shard.partition(), "pos", place.pos(), "offset", place.offset());
    }

    private ObjectNode summary() {
        ObjectNode summary = JSON.createObjectNode();
        summary.put("events", events).put("repeats", repeats);
        summary.set("by_type", JSON.valueToTree(byType));
        ObjectNode heads = summary.putObject("heads");
        places.forEach((shard, place) -> heads.put(shard.topic() + "/" + shard.partition(), place.pos()));
        return summary;
    }
}
