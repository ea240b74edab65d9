-- The registry keeps its schemas in a database of its own: ids that are on Kafka must outlive its container.
CREATE DATABASE registry;
