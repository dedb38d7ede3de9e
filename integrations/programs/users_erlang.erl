%% Prints the users of OpenVPN servers, by names: the manager of Erlang/OTP (Debian: erlang-snmp), with the
%% MIB module compiled, its base modules being those of Erlang:
%%
%%   erlc -I /usr/lib/erlang/lib/snmp-*/priv/mibs OPENVPN-MANAGEMENT-MIB.mib
%%   erlc users_erlang.erl
%%   erl -noshell -run users_erlang main HOST PORT COMMUNITY -s init stop
%%
%% With version 2c: for version 3 the manager wants to be told the engine ID of snmpd.
-module(users_erlang).
-export([main/1]).

-include_lib("snmp/include/snmp_types.hrl").

-define(COLUMNS, [ovpnUserInstanceName, ovpnUserName, ovpnUserOnline, ovpnUserBytesIn, ovpnUserBytesOut]).

main([Host, Port, Community]) ->
    Folder = filename:join("/tmp", "users_erlang." ++ os:getpid()),
    try
        start(Folder),
        {ok, Address} = inet:getaddr(Host, inet),
        ok = snmpm:register_agent("users", "agent",
                                  [{engine_id, "agent"}, {address, Address}, {port, list_to_integer(Port)},
                                   {version, v2}, {sec_model, v2c}, {community, Community}]),
        Columns = [lists:sort(column(oid(Name))) || Name <- ?COLUMNS],
        print(Columns)
    after
        application:stop(snmp),
        file:del_dir_r(Folder)
    end.

%% The manager wants a folder for its configuration and its memory.
start(Folder) ->
    logger:set_primary_config(level, error),
    ok = filelib:ensure_dir(filename:join(Folder, "manager.conf")),
    {ok, Socket} = gen_udp:open(0),
    {ok, Free} = inet:port(Socket),
    ok = gen_udp:close(Socket),
    ok = snmp_config:write_manager_snmp_files(Folder, {0, 0, 0, 0}, Free, 65507, "users", [], [], []),
    ok = application:load(snmp),
    ok = application:set_env(snmp, manager,
                             [{versions, [v2]}, {config, [{dir, Folder}, {db_dir, Folder}]}]),
    ok = application:start(snmp),
    ok = snmpm:load_mib("OPENVPN-MANAGEMENT-MIB.bin"),
    ok = snmpm:register_user("users", snmpm_user_default, self()).

oid(Name) ->
    {ok, [Oid]} = snmpm:name_to_oid(Name),
    Oid.

%% {Instance, Value} of all rows.
column(Oid) ->
    column(Oid, Oid, []).

column(Oid, From, Found) ->
    {ok, {noError, _, Varbinds}, _} = snmpm:sync_get_bulk2("users", "agent", 0, 25, [From]),
    Inside = [Varbind || Varbind <- Varbinds, lists:prefix(Oid, Varbind#varbind.oid),
                         Varbind#varbind.value =/= endOfMibView],
    Rows = [{lists:nthtail(length(Oid), Varbind#varbind.oid), Varbind#varbind.value} || Varbind <- Inside],
    case Inside =/= [] andalso length(Inside) =:= length(Varbinds) of
        true -> column(Oid, (lists:last(Inside))#varbind.oid, Found ++ Rows);
        false -> Found ++ Rows
    end.

print([Daemons | Others]) ->
    [begin
         [Name, Online, In, Out] = [proplists:get_value(Instance, Column) || Column <- Others],
         io:format("~ts/~ts online=~s in=~p out=~p~n", [Daemon, Name, truth(Online), In, Out])
     end || {Instance, Daemon} <- Daemons].

truth(1) -> "true";
truth(2) -> "false";
truth(_) -> "unknown".
