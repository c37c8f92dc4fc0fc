# The files of the page, with a compressed copy of each.
FROM nginx:1.28 AS page
ARG TITLE=Notes
COPY dist/web /page
RUN sed -i "s|<title>.*</title>|<title>$TITLE</title>|" /page/index.html
RUN find /page -type f -exec gzip --keep --best {} +

FROM nginx:1.28
COPY docker/nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=page /page /usr/share/nginx/html
EXPOSE 8080
