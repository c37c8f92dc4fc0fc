#!/bin/sh
# Turns Debian's layout into the official image's.
set -e
cd /tmp/context
getent group 101 > /dev/null && groupmod -g 901 "$(getent group 101 | cut -d: -f1)"
getent passwd 101 > /dev/null && usermod -u 901 "$(getent passwd 101 | cut -d: -f1)"
groupadd -r -g 101 nginx
useradd -r -g nginx -u 101 -d /nonexistent -s /bin/false nginx
cd /etc/nginx
rm -rf conf.d sites-* snippets modules-* koi-* win-utf
# Its temporary folders, which only root can make, as in the official image.
rm -rf /var/lib/nginx /var/www
mkdir -p conf.d /var/cache/nginx /usr/share/nginx/html /var/log/nginx
ln -s /var/cache/nginx /var/lib/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
cd /tmp/context
cp nginx.conf /etc/nginx/
cp default.conf /etc/nginx/conf.d/
cp index.html 50x.html /usr/share/nginx/html/
cp -r docker-entrypoint.d docker-entrypoint.sh /
