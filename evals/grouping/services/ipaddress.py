"""Address plans: every operation is one way to use the library."""

import ipaddress

V4, V6 = "192.168.4.0/22", "2001:db8::/40"


def refuse(call: object, *arguments: object) -> str:
    """Return what is said of something that is no address."""
    try:
        call(*arguments)
    except ValueError as error:
        return str(error)
    return "accepted"


def op_address() -> object:
    return str(ipaddress.ip_address("10.1.2.3")), int(ipaddress.ip_address("10.1.2.3"))


def op_address6() -> object:
    return str(ipaddress.ip_address("2001:db8::1")), ipaddress.ip_address("::1").exploded


def op_number() -> object:
    return ipaddress.ip_address(3_232_235_777), ipaddress.IPv6Address(1)


def op_packed() -> object:
    return ipaddress.ip_address(b"\x0a\x01\x02\x03"), ipaddress.ip_address("10.1.2.3").packed


def op_network() -> object:
    network = ipaddress.ip_network(V4)
    return network.num_addresses, network.netmask, network.hostmask, network.broadcast_address


def op_network6() -> object:
    return ipaddress.ip_network(V6).with_netmask, ipaddress.ip_network(V6).compressed


def op_hosts() -> object:
    return [str(each) for each in ipaddress.ip_network("10.0.0.0/29").hosts()]


def op_hosts6() -> object:
    return list(ipaddress.ip_network("2001:db8::/126").hosts())


def op_subnets() -> object:
    return list(ipaddress.ip_network(V4).subnets(prefixlen_diff=1))


def op_supernet() -> object:
    return ipaddress.ip_network(V4).supernet(new_prefix=20)


def op_contains() -> object:
    network = ipaddress.ip_network(V4)
    return ipaddress.ip_address("192.168.5.9") in network, network.overlaps(network)


def op_subset() -> object:
    return ipaddress.ip_network("192.168.4.0/24").subnet_of(ipaddress.ip_network(V4))


def op_collapse() -> object:
    parts = [ipaddress.ip_network("10.0.0.0/25"), ipaddress.ip_network("10.0.0.128/25")]
    return list(ipaddress.collapse_addresses(parts))


def op_range() -> object:
    ends = ipaddress.IPv4Address("10.0.0.1"), ipaddress.IPv4Address("10.0.0.9")
    return list(ipaddress.summarize_address_range(*ends))


def op_exclude() -> object:
    return list(ipaddress.ip_network(V4).address_exclude(ipaddress.ip_network("192.168.5.0/24")))


def op_interface() -> object:
    one = ipaddress.ip_interface("10.1.2.3/24")
    return one.network, one.ip, one.with_prefixlen, str(one), hash(one)


def op_interface6() -> object:
    one = ipaddress.ip_interface("2001:db8::1/64")
    return one.network, one.with_hostmask, str(one)


def op_sorted() -> object:
    words = ["10.0.0.9", "10.0.0.1", "9.9.9.9"]
    return sorted(ipaddress.ip_address(word) for word in words)


def op_sorted_networks() -> object:
    return sorted([ipaddress.ip_network("10.0.0.0/9"), ipaddress.ip_network("10.0.0.0/8")])


def op_arithmetic() -> object:
    return ipaddress.ip_address("10.0.0.1") + 3, ipaddress.ip_address("::9") - 2


def op_kinds() -> object:
    one = ipaddress.ip_address("127.0.0.1")
    return one.is_loopback, one.is_private, one.is_global, one.is_multicast, one.is_link_local


def op_kinds6() -> object:
    one = ipaddress.ip_address("::ffff:10.0.0.1")
    return one.ipv4_mapped, one.is_site_local, one.sixtofour, one.teredo, one.is_reserved


def op_scope() -> object:
    return ipaddress.ip_address("fe80::1%eth0").scope_id


def op_pointer() -> object:
    return ipaddress.ip_address("10.1.2.3").reverse_pointer, ipaddress.ip_address(1).reverse_pointer


def op_format() -> object:
    return f"{ipaddress.ip_address('10.1.2.3'):#_b}", repr(ipaddress.ip_network(V4))


def op_bad_address() -> object:
    return refuse(ipaddress.ip_address, "10.1.2") + refuse(ipaddress.IPv4Address, "10.1.2.300")


def op_bad_address6() -> object:
    return refuse(ipaddress.IPv6Address, "1::2::3") + refuse(ipaddress.IPv6Address, "12345::")


def op_bad_network() -> object:
    return refuse(ipaddress.ip_network, "10.1.2.3/8") + refuse(ipaddress.ip_network, "10.0.0.0/40")


def op_loose() -> object:
    return ipaddress.ip_network("10.1.2.3/8", strict=False), ipaddress.IPv4Network(("10.0.0.0", 8))


def op_mask() -> object:
    return ipaddress.ip_network("10.0.0.0/255.0.0.0"), ipaddress.ip_network("10.0.0.0/0.0.0.255")
