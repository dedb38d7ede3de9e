#include "connection/outlet.h"

#include "connection/exchange.h"

void outlet_line(const struct outlet *outlet, struct command *command)
{
    outlet->kind->send(outlet->transport, command->line, command->len);
    if (command->secret)
        command_wipe(command);
}

void outlet_load_stats(const struct outlet *outlet)
{
    struct command command;

    command_load_stats(&command);
    outlet_line(outlet, &command);
}

void outlet_command(const struct outlet *outlet, struct exchange *exchange)
{
    exchange_sent(exchange);
    outlet_line(outlet, &exchange->command);
    if (exchange->block)
        outlet->kind->send(outlet->transport, exchange->block, exchange->block_len);
    exchange_wipe_block(exchange);
    if (exchange_is_marked(exchange))
        outlet_load_stats(outlet);
}

void outlet_begin(const struct outlet *outlet, struct exchange *exchange)
{
    if (exchange->listener.check) {
        exchange->stage = EXCHANGE_FENCED;
        outlet_load_stats(outlet);
    } else {
        outlet_command(outlet, exchange);
    }
}
