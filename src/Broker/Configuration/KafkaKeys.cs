namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Kafka's broker settings that this broker accepts but does not act on yet: a file written for Kafka starts here, with one warning
/// per such key. A key leaves this list when an options group reads it.
/// </summary>
internal static class KafkaKeys
{
    public static IReadOnlySet<string> WithoutEffectYet { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "alter.config.policy.class.name", "authorizer.class.name", "allow.everyone.if.no.acl.found", "super.users", "background.threads",
        "compression.gzip.level", "compression.lz4.level", "compression.zstd.level", "connection.failed.authentication.delay.ms",
        "connections.max.reauth.ms", "control.plane.listener.name", "create.topic.policy.class.name",
        "delegation.token.expiry.check.interval.ms", "delegation.token.expiry.time.ms", "delegation.token.master.key",
        "delegation.token.max.lifetime.ms", "delegation.token.secret.key", "delete.records.purgatory.purge.interval.requests",
        "fetch.purgatory.purge.interval.requests", "inter.broker.protocol.version", "log.flush.scheduler.interval.ms",
        "log.flush.start.offset.checkpoint.interval.ms", "log.message.downconversion.enable", "log.message.format.version",
        "log.message.timestamp.difference.max.ms", "log.roll.jitter.hours", "log.roll.jitter.ms", "max.connection.creation.rate",
        "metric.reporters", "metrics.num.samples", "metrics.recording.level",
        "metrics.sample.window.ms", "num.io.threads", "num.network.threads",
        "num.replica.alter.log.dirs.threads", "offsets.commit.required.acks",
        "password.encoder.secret",
        "principal.builder.class", "producer.id.expiration.check.interval.ms", "producer.id.expiration.ms",
        "producer.purgatory.purge.interval.requests", "queued.max.request.bytes", "queued.max.requests", "quota.window.num",
        "quota.window.size.seconds", "replica.socket.receive.buffer.bytes",
        "sasl.enabled.mechanisms", "sasl.jaas.config",
        "sasl.mechanism.inter.broker.protocol", "ssl.client.auth", "ssl.keystore.location", "ssl.keystore.password", "ssl.keystore.type",
        "ssl.key.password", "ssl.truststore.location", "ssl.truststore.password", "ssl.truststore.type", "ssl.protocol",
        "ssl.enabled.protocols", "ssl.cipher.suites", "ssl.endpoint.identification.algorithm", "ssl.principal.mapping.rules",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms", "transaction.max.timeout.ms",
        "transaction.partition.verification.enable", "transaction.remove.expired.transaction.cleanup.interval.ms",
        "transaction.state.log.load.buffer.size", "transaction.state.log.min.isr", "transaction.state.log.num.partitions",
        "transaction.state.log.replication.factor", "transaction.state.log.segment.bytes", "transactional.id.expiration.ms",
        "zookeeper.clientCnxnSocket", "zookeeper.set.acl", "zookeeper.ssl.client.enable", "zookeeper.ssl.keystore.location",
        "zookeeper.ssl.keystore.password", "zookeeper.ssl.keystore.type", "zookeeper.ssl.truststore.location",
        "zookeeper.ssl.truststore.password", "zookeeper.ssl.truststore.type",
    };

    /// <summary>Names of keys below this prefix carry a listener's name, so they cannot be listed.</summary>
    public const string ListenerPrefix = "listener.name.";
}
