FROM node:24
ENV NODE_ENV=production
WORKDIR /app
COPY dist/api .
USER node
EXPOSE 3000
CMD ["node", "server.cjs"]
