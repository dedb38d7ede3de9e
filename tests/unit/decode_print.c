#include "decode_print.h"

#include <stdio.h>

#include "protocol/address.h"

static void print_quoted(struct slice text)
{
    putchar('"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < 0x20 || byte > 0x7e)
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static void print_field(const char *name, struct slice text)
{
    printf(" %s=", name);
    print_quoted(text);
}

void print_line(const char *kind, struct slice text)
{
    printf("%s ", kind);
    print_quoted(text);
    putchar('\n');
}

static void print_address(const struct address *address)
{
    static const char *const families[] = {"NONE", "IPV4", "IPV6"};
    static const char *const protos[] = {"-", "UDP", "TCP"};

    printf("%s/%s/", families[address->family], protos[address->proto]);
    for (unsigned i = 0; i < address_bytes(address); i++)
        printf("%02x", address->bytes[i]);
    printf("/%u", address->port);
}

static void print_real(struct slice real)
{
    struct address address;

    print_field("real", real);
    printf(" at=");
    if (address_parse(real, &address))
        print_address(&address);
    else
        printf("NONE");
}

static void print_end_point(const char *name, struct slice ip, struct slice port)
{
    struct address address;

    print_field(name, ip);
    print_field("port", port);
    printf(" at=");
    if (address_parse_pair(ip, port, &address))
        print_address(&address);
    else
        printf("NONE");
}

/* State, log and echo lines. */

void print_state(const char *kind, const struct state_line *line)
{
    static const char *const names[] = {
        [STATE_UNKNOWN] = "?",
        [STATE_CONNECTING] = "CONNECTING",
        [STATE_WAIT] = "WAIT",
        [STATE_AUTH] = "AUTH",
        [STATE_GET_CONFIG] = "GET_CONFIG",
        [STATE_ASSIGN_IP] = "ASSIGN_IP",
        [STATE_ADD_ROUTES] = "ADD_ROUTES",
        [STATE_CONNECTED] = "CONNECTED",
        [STATE_RECONNECTING] = "RECONNECTING",
        [STATE_EXITING] = "EXITING",
        [STATE_RESOLVE] = "RESOLVE",
        [STATE_TCP_CONNECT] = "TCP_CONNECT",
        [STATE_AUTH_PENDING] = "AUTH_PENDING",
    };

    printf("%s %lld %s", kind, (long long)line->time, names[line->state]);
    print_field("name", line->name);
    print_field("detail", line->detail);
    print_field("tun4", line->tunnel_ipv4);
    print_field("tun6", line->tunnel_ipv6);
    print_end_point("remote", line->remote_addr, line->remote_port);
    print_end_point("local", line->local_addr, line->local_port);
    putchar('\n');
}

void print_log(const char *kind, const struct log_line *line)
{
    static const char letters[] = "IFNWD";

    printf("%s %lld ", kind, (long long)line->time);
    if (line->flags == 0)
        putchar('-');
    for (unsigned i = 0; i < 5; i++)
        if (line->flags & (1u << i))
            putchar(letters[i]);
    printf(" ");
    print_quoted(line->text);
    putchar('\n');
}

/* Rows of a status. */

static void print_client_row(const struct status_client *client)
{
    printf("client");
    print_field("cn", client->common_name);
    print_real(client->real_address);
    print_field("v4", client->virtual_ipv4);
    print_field("v6", client->virtual_ipv6);
    printf(" in=%llu out=%llu since=%lld", (unsigned long long)client->bytes_in,
           (unsigned long long)client->bytes_out, (long long)client->since);
    print_field("user", client->username);
    printf(" cid=%lld peer=%lld", (long long)client->cid, (long long)client->peer_id);
    print_field("cipher", client->cipher);
    putchar('\n');
}

static void print_route_row(const struct status_route *route)
{
    printf("route");
    print_field("address", route->address);
    printf(" cached=%d", route->cached);
    print_field("cn", route->common_name);
    print_real(route->real_address);
    printf(" last=%lld\n", (long long)route->last_ref);
}

static void print_number_row(const struct status_row *row)
{
    static const char *const names[] = {
        [STATUS_BCAST_QUEUE] = "BCAST_QUEUE", [STATUS_DCO] = "DCO",
        [STATUS_TUN_READ] = "TUN_READ",       [STATUS_TUN_WRITE] = "TUN_WRITE",
        [STATUS_LINK_READ] = "LINK_READ",     [STATUS_LINK_WRITE] = "LINK_WRITE",
        [STATUS_AUTH_READ] = "AUTH_READ",     [STATUS_OTHER_NUMBER] = "OTHER",
    };

    printf("number %s %llu\n", names[row->number], (unsigned long long)row->value);
}

void print_status_row(const struct status_row *row)
{
    switch (row->kind) {
    case STATUS_OTHER:
        puts("heading");
        break;
    case STATUS_SERVER:
        print_line("status server", row->text);
        break;
    case STATUS_TUNNEL:
        puts("status tunnel");
        break;
    case STATUS_TIME:
        printf("time %lld\n", (long long)row->time);
        break;
    case STATUS_CLIENT:
        print_client_row(&row->client);
        break;
    case STATUS_ROUTE:
        print_route_row(&row->route);
        break;
    case STATUS_NUMBER:
        print_number_row(row);
        break;
    case STATUS_BAD:
        puts("bad-row");
        break;
    case STATUS_END:
        puts("end");
        break;
    }
}

/* Real-time messages. */

static void print_need(const struct request_message *need)
{
    static const char *const kinds[] = {
        [FORM_PASSWORD] = "password", [FORM_USERNAME_PASSWORD] = "username_password",
        [FORM_USERNAME] = "username", [FORM_CONFIRM] = "confirm",
        [FORM_STRING] = "string",
    };

    printf(">need %s", kinds[need->kind]);
    print_field("type", need->type);
    printf("%s%s%s", need->challenge ? " challenge" : "", need->echo ? " echo" : "",
           need->concat ? " concat" : "");
    print_field("prompt", need->prompt);
    putchar('\n');
}

static void print_client_event(const struct message *message)
{
    static const char *const events[] = {
        [CLIENT_CONNECT] = "CONNECT",         [CLIENT_REAUTH] = "REAUTH",
        [CLIENT_ESTABLISHED] = "ESTABLISHED", [CLIENT_DISCONNECT] = "DISCONNECT",
        [CLIENT_CR_RESPONSE] = "CR_RESPONSE",
    };

    printf(">client %s cid=%lld kid=%lld", events[message->client.event],
           (long long)message->client.cid, (long long)message->client.kid);
    print_field("extra", message->client.extra);
    putchar('\n');
}

static void print_env(const char *kind, const struct message *message)
{
    printf("%s", kind);
    print_field("name", message->env.name);
    print_field("value", message->env.value);
    putchar('\n');
}

static void print_typed(const char *kind, const struct message *message)
{
    printf("%s %.*s", kind, (int)message->type.len, message->type.at);
    print_field("text", message->text);
    putchar('\n');
}

static void print_numbers(const struct message *message)
{
    if (message->kind == MESSAGE_BYTECOUNT)
        printf(">bytecount %llu %llu\n", (unsigned long long)message->bytecount.in,
               (unsigned long long)message->bytecount.out);
    else
        printf(">bytecount-client cid=%lld %llu %llu\n", (long long)message->bytecount.cid,
               (unsigned long long)message->bytecount.in,
               (unsigned long long)message->bytecount.out);
}

static void print_auth(const struct message *message)
{
    if (message->kind == MESSAGE_AUTH_FAILED) {
        printf(">auth-failed");
        print_field("type", message->failed.type);
        print_field("reason", message->failed.reason);
    } else {
        printf(">auth-token");
        print_field("text", message->text);
    }
    putchar('\n');
}

static void print_pkcs11(const struct message *message)
{
    printf(">%s %llu", message->kind == MESSAGE_PKCS11_COUNT ? "pkcs11-count" : "pkcs11-entry",
           (unsigned long long)message->pkcs11.index);
    if (message->kind == MESSAGE_PKCS11_ENTRY) {
        print_field("id", message->pkcs11.id);
        print_field("blob", message->pkcs11.blob);
    }
    putchar('\n');
}

static void print_client_message(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_CLIENT:
        print_client_event(message);
        break;
    case MESSAGE_CLIENT_ADDRESS:
        printf(">client-address cid=%lld", (long long)message->client.cid);
        print_field("extra", message->client.extra);
        putchar('\n');
        break;
    case MESSAGE_CLIENT_ENV:
        print_env(">client-env", message);
        break;
    case MESSAGE_UPDOWN_ENV:
        print_env(">updown-env", message);
        break;
    case MESSAGE_CLIENT_END:
        puts(">client-end");
        break;
    case MESSAGE_UPDOWN_END:
        puts(">updown-end");
        break;
    default:
        puts("not a real-time message");
    }
}

static void print_report(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_STATE:
        print_state(">state", &message->state);
        break;
    case MESSAGE_LOG:
        print_log(">log", &message->log);
        break;
    case MESSAGE_ECHO:
        print_log(">echo", &message->log);
        break;
    case MESSAGE_HOLD:
        printf(">hold %d\n", message->hold.seconds);
        break;
    case MESSAGE_FATAL:
        print_line(">fatal", message->text);
        break;
    case MESSAGE_UPDOWN:
        print_line(">updown", message->text);
        break;
    case MESSAGE_NOTIFY:
        print_line(">notify", message->text);
        break;
    case MESSAGE_INFOMSG:
    case MESSAGE_FACTOR:
        print_line(">infomsg", message->text);
        break;
    default:
        print_client_message(message);
    }
}

void print_real_time(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_INFO:
        printf(">info version=%d", message->info.version);
        print_field("text", message->text);
        putchar('\n');
        break;
    case MESSAGE_REQUEST:
        print_need(&message->request);
        break;
    case MESSAGE_AUTH_FAILED:
    case MESSAGE_AUTH_TOKEN:
        print_auth(message);
        break;
    case MESSAGE_BYTECOUNT:
    case MESSAGE_BYTECOUNT_CLIENT:
        print_numbers(message);
        break;
    case MESSAGE_PKCS11_COUNT:
    case MESSAGE_PKCS11_ENTRY:
        print_pkcs11(message);
        break;
    case MESSAGE_REQUEST_OTHER:
        print_typed(">question", message);
        break;
    case MESSAGE_UNKNOWN:
        print_typed(">unknown", message);
        break;
    case MESSAGE_MALFORMED:
        print_typed(">malformed", message);
        break;
    default:
        print_report(message);
    }
}
