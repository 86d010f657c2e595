# Sourced by scripts/setup.sh: where RabbitMQ's programs are. The binary has the same list in Rust (src/dev/drive/broker.rs).

# Prints the folder that holds rabbitmq-server and rabbitmqctl; fails when there is none.
rabbitmq_bin() {
    for folder in ${PANCAKE_RABBITMQ_BIN:-/usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin /opt/rabbitmq/sbin}; do
        if [ -f "$folder/rabbitmq-server" ] && [ -f "$folder/rabbitmqctl" ]; then
            printf '%s\n' "$folder"
            return 0
        fi
    done
    return 1
}
