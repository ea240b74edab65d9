"""What crosses Kafka: the Avro files, framing and codec, edge models, and the way to and from the domain."""
