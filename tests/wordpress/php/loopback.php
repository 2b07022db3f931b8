<?php
// WordPress asks no address of the inside and no unusual port. The test's petition has both; nothing else is allowed.
add_filter('http_request_host_is_external', fn ($is, $host) => $is || $host === '127.0.0.1', 10, 2);
add_filter('http_allowed_safe_ports', fn ($ports, $host, $url) =>
    $host === '127.0.0.1' ? array_merge($ports, [parse_url($url, PHP_URL_PORT)]) : $ports, 10, 3);
